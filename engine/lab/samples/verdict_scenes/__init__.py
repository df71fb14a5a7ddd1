"""What the verdict clips show, as `heldout_scenes` does: a function per clip, with shapes, plants and bodies of their own."""

from . import animals, buildings, gardens, machinery, nature, people, rooms, shops, things, vehicles

SCENES = {
    **people.SCENES,
    **vehicles.SCENES,
    **buildings.SCENES,
    **shops.SCENES,
    **rooms.SCENES,
    **nature.SCENES,
    **gardens.SCENES,
    **animals.SCENES,
    **things.SCENES,
    **machinery.SCENES,
}
