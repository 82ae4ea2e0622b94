"""A home with a letter in it, for LibreOffice Writer."""

import zipfile
from pathlib import Path

_TYPE = "application/vnd.oasis.opendocument.text"
_MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="/" manifest:media-type="{_TYPE}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""
_CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:text><text:p>{text}</text:p></office:text></office:body>
</office:document-content>"""
# Its first start would ask and advise.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="FirstRun"
 oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="ShowTipOfTheDay"
 oor:op="fuse"><value>false</value></prop></item>
</oor:items>"""


def furnish(home: Path, text: str) -> Path:
    """Make a home with a letter and something beside it, and return the letter."""
    letter = home / "letters" / "letter.odt"
    letter.parent.mkdir(parents=True)
    with zipfile.ZipFile(letter, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), _TYPE)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        archive.writestr("content.xml", _CONTENT.format(text=text))
    letter.chmod(0o640)
    (letter.parent / "latest").symlink_to("letter.odt")
    (home / "notes.txt").write_text("Nothing is to happen to this.\n", encoding="utf-8")
    profile = home / ".config/libreoffice/4/user/registrymodifications.xcu"
    profile.parent.mkdir(parents=True)
    profile.write_text(_PROFILE, encoding="utf-8")
    return letter


def words(letter: Path) -> str:
    """Return the text of a letter, with the marks of its paragraphs."""
    with zipfile.ZipFile(letter) as archive:
        return archive.read("content.xml").decode()
