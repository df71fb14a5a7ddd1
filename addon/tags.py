"""Every key that Platelight writes into a .blend as a custom property. Files hold them, so they never change. No bpy.

`docs/blend-format.md` says what else is in a file: node groups by name, and the properties of scenes.
"""

# On the nodes of a plate in a compositor
PLATE = "platelight_strip"
"""str: the name of the plate, which is that of its strip or clip."""
ROLE = "platelight_role"
"""str: what the node is for, as ``relight`` or ``pass normal``."""
WINDOW = "platelight_window"
"""int array, on the plate: left, top, width and height of what its EXR files hold, then width and height of their picture."""
CORNER_X, CORNER_Y = "platelight_x", "platelight_y"
"""float, on the frame: where it began in the tree."""
NO_HIGHLIGHTS = "platelight_matt"
"""bool, on the scene lights: their highlights are left out."""
SPARED = "platelight_spared"
"""float, with a socket's identifier after it, on the scene lights: what a slider was before the light in the plate muted it."""
MODE = "platelight_mode"
"""str, on the match: a `wiring.Mode`."""
MIX = "platelight_mix"
"""float, on the match: what Keep Original was when it was mixed last."""
SUNS = "platelight_suns"
"""float array, on the match: the fitted light as suns, ten numbers a keyframe, colours in linear Rec.709."""
WORKING_MATRIX = "platelight_working_matrix"
"""float array, on the match: linear Rec.709 to the working space that its terms are in, by rows."""
IN_WORLD = "platelight_in_world"
"""bool, on the match: the fitted light is in world space."""

# On the relight node (studio's lights by name) and on a rig (scene lights by identifier)
MUTED, SOLO = "platelight_muted", "platelight_solo"
"""str: lights, a comma between them."""

# On the Viewer
BEFORE_NODE, BEFORE_SOCKET = "platelight_before_node", "platelight_before_socket"
"""str: what it showed before it showed the light."""

# On node groups
GROUP = "platelight_group"
"""str: name and version of a group that the whole file shares."""
RELIGHT_VERSION = "platelight_version"
"""int: of the relight group."""
SPACE = "platelight_space"
"""str: version, scene and cameras of a Space group."""
RIG_VERSION = "platelight_rig"
"""int: of a rig, the group of a plate's scene lights."""
EYE = "platelight_eye"
"""str, on a rig: the cameras that its drivers look through."""
WORKING_SPACE = "platelight_working_space"
"""str, on a rig: the working space that its numbers are in; absent for Rec.709."""
SCENE = "platelight_scene"
"""Scene, on a rig: whose lights and camera it follows."""
COLLECTION = "platelight_collection"
"""Collection, on a rig: whose lights it takes; absent for the whole scene."""
USE_WORLD = "platelight_use_world"
"""bool, on a rig: the scene's World lights the plate, too."""
SOLO_ELSEWHERE = "platelight_solo_elsewhere"
"""bool, on a rig: a light of the studio is solo."""
SKY, SKY_FACTORS = "platelight_sky", "platelight_sky_factors"
"""str and float array, on a rig: the picture that the World's light was read from, and its coefficients."""

# On the nodes of lights in a rig
KIND = "platelight_kind"
"""str: the light type, as ``SUN``, or ``WORLD``."""
WORLD = "platelight_world"
"""str: what the World was like when its node was built."""


def socket(name: str) -> str:
    """Return the key of a light's socket: ``gain`` and so on, the fields of `sockets.Row`; str: its identifier on the rig."""
    return f"platelight_{name}"


GAIN = socket("gain")

# On objects, lights, worlds, collections and scenes
MATCHED = "platelight_match"
"""str, on a sun and a World: the plate whose light they copy."""
PRESET = "platelight_preset"
"""str, on lights and their collection: the plate that a preset made them for."""
CARD = "platelight_card"
"""str, on a card: its plate."""
CARD_PASSES = "platelight_card_passes"
"""str, on a card: the passes it was built with, a space between them."""
CARD_LIGHT = "platelight_card_light"
"""bool, on a light's copy that lights cards alone."""
CARD_LINKS = "platelight_card_links"
"""str, on the collections that link such lights with cards: which of the two."""
NO_SHADOW = "platelight_no_shadow"
"""float attribute of a card's faces: 1 for those that throw no shadow."""
CUTS = "platelight_cuts"
"""group of int arrays by plate, on a scene: the source frames at which its shots begin."""

OF_A_PLATE = (MATCHED, PRESET, CARD)
"""Those whose value is a plate's name, outside the compositor."""
