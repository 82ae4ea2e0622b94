"""Find a thing in a picture by its name: python examples/find.py screen.png "Save" [MODEL]."""

import sys

from PIL import Image

from handrail.model.grounder import grounder, open_engine
from handrail.tasks.run_model import model_folder

picture, phrase, *model = sys.argv[1:]
folder = model_folder(*model or ["pocket"])
found = grounder(open_engine(folder), folder).point(Image.open(picture), phrase)
print(found.found, f"{found.x:.3f} {found.y:.3f}", f"confidence {found.confidence:.3f}")
