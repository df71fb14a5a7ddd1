"""Takes the pictures of the panels: screenshots.py COMMAND EXTENSION.zip OUT_FOLDER, by `build.py screenshots`.

COMMAND is a Blender that opens its window on $DISPLAY; ImageMagick's `import` takes the pictures. Blender is told what to show by
`screenshots_scene.py`; the two speak through files `<name>.ready` in a folder.
"""

import os
import shlex
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 600.0


def main(command: str, archive: str, out: str) -> int:
    work = ROOT / "dist/screenshots"
    shutil.rmtree(work, ignore_errors=True)
    extension = work / "user/extensions/user_default/platelight"
    for folder in (work / "user/config", work / "ready", extension, Path(out)):
        folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(extension)
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(work / "user"), "PLATELIGHT_SCREENSHOTS": str(work)}
    scene = Path(__file__).with_name("screenshots_scene.py")
    blender = subprocess.Popen([*shlex.split(command), "-P", str(scene)], env=environment)
    deadline = time.monotonic() + LIMIT
    while blender.poll() is None and time.monotonic() < deadline:
        for ready in sorted((work / "ready").glob("*.ready")):
            time.sleep(0.5)  # the last redraw
            crop = ["-crop", part, "+repage"] if (part := ready.read_text()) else []
            subprocess.run(["import", "-window", "root", *crop, "-quality", "85", Path(out, f"{ready.stem}.jpg")], check=True)
            ready.unlink()
            print(f"{ready.stem}.jpg")
        time.sleep(0.2)
    if blender.poll() is None:
        blender.terminate()
        print(f"Blender was not done after {LIMIT:.0f} s", file=sys.stderr)
        return 1
    return blender.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
