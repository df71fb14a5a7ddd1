"""Keeps the shadows of a card off itself, while it and 3D objects still throw theirs on each other.

An estimated depth is right about where things are, not about each bump and dent, whose shadows lie on the card as black patches.
Blender links a light with all that it lights and all that blocks it, not the two with each other. So each light that casts shadows
gets a copy, which shares its data and hangs on it: the light itself leaves the card out, and the copy lights the card alone, which
throws no shadow in it.
"""

from __future__ import annotations

import bpy

from ... import tags

_ONLY, _BUT = "Platelight Cards Only", "Platelight All but Cards"


def is_apart(card: bpy.types.Object) -> bool:
    """Return whether its shadows are kept off itself."""
    return any(each.get(tags.CARD_LINKS) == _ONLY for each in card.users_collection)


def set_apart(card: bpy.types.Object, on: bool) -> None:
    """Keep a card's shadows off itself or let them fall; `update` does it to the lights."""
    for name in (_ONLY, _BUT):
        links = _links(name)
        if on and card.name not in links.objects:
            links.objects.link(card)
            place = list(links.objects).index(card)
            links.collection_objects[place].light_linking.link_state = "INCLUDE" if name == _ONLY else "EXCLUDE"
        elif not on and card.name in links.objects:
            links.objects.unlink(card)


def update(scene: bpy.types.Scene) -> list[str]:
    """Make copies for new lights, and take away those that nobody needs. Returns a sentence on lights that are left out."""
    wanted, left = _lights(scene)
    kept = _copies(scene)
    for copy in kept:
        if copy.parent not in wanted or copy.data != copy.parent.data:
            bpy.data.objects.remove(copy)
    served = {copy.parent: copy for copy in _copies(scene)}
    but = _links(_BUT)
    for light in scene.collection.all_objects:
        if light.type == "LIGHT" and light.light_linking.receiver_collection == but and light not in wanted:
            light.light_linking.receiver_collection = None
    for light in wanted:
        light.light_linking.receiver_collection = but
        copy = served.get(light) or _copy(light)
        for name in ("visible_diffuse", "visible_glossy", "visible_transmission"):
            setattr(copy, name, getattr(light, name))
    for name in (_ONLY, _BUT):
        links = _links(name)
        if not links.objects and not links.users:
            bpy.data.collections.remove(links)
    return [f"{', '.join(left)}: linked by you or from a library, so the card's shadows on itself stay there"] if left else []


def is_stale(scene: bpy.types.Scene) -> bool:
    """Return whether lights came or went since, or began to cast shadows. Quick."""
    copies = {copy.parent: copy.data for copy in _copies(scene)}
    return copies != {light: light.data for light in _lights(scene)[0]}


def _lights(scene: bpy.types.Scene) -> tuple[list[bpy.types.Object], list[str]]:
    """Return those that need a copy, and the names of those that can't have one."""
    objects = scene.collection.all_objects
    if not any(is_apart(each) for each in objects if each.type == "MESH"):
        return [], []
    lights = [each for each in objects if each.type == "LIGHT" and each.data.use_shadow and not each.get(tags.CARD_LIGHT)]
    left = [light for light in lights if not _is_free(light)]
    return [light for light in lights if light not in left], [light.name for light in left]


def _is_free(light: bpy.types.Object) -> bool:
    links = light.light_linking
    own = links.receiver_collection
    return not light.library and (own is None or own.get(tags.CARD_LINKS) == _BUT) and links.blocker_collection is None


def _copies(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    return [each for each in scene.collection.all_objects if each.type == "LIGHT" and each.get(tags.CARD_LIGHT)]


def _copy(light: bpy.types.Object) -> bpy.types.Object:
    """It stays where the light is, and hides when that is hidden or deleted, or no card is left."""
    copy = bpy.data.objects.new(f"{light.name} on Card", light.data)
    copy[tags.CARD_LIGHT] = True
    copy.parent, copy.hide_select, copy.visible_camera, copy.visible_volume_scatter = light, True, False, False
    copy.light_linking.receiver_collection, copy.light_linking.blocker_collection = _links(_ONLY), _links(_BUT)
    for place in light.users_collection:
        place.objects.link(copy)
    for name in ("hide_render", "hide_viewport"):
        driver = copy.driver_add(name).driver
        driver.type = "MAX"
        for path in (f"parent.{name}", "light_linking.receiver_collection.objects[0].is_embedded_data"):
            target = driver.variables.new().targets[0]
            target.id, target.data_path = copy, path
            target.use_fallback_value, target.fallback_value = True, 1.0
    return copy


def _links(name: str) -> bpy.types.Collection:
    """Return the cards that are apart, for the links of lights; in no scene."""
    for found in bpy.data.collections:
        if found.get(tags.CARD_LINKS) == name and not found.library:
            return found
    made = bpy.data.collections.new(name)
    made[tags.CARD_LINKS] = name
    return made
