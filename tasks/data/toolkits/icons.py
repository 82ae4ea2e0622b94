"""The icons that both toolkits bring, with words for what they show.

GTK's are of Adwaita's icon theme (LGPL-3 or CC-BY-SA-3; Debian's adwaita-icon-theme), Qt's are
built into its library (LGPL-3). They are in pictures only, as on every desktop.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """What an icon is called by people, by GTK and by Qt."""

    names: tuple[str, ...]
    gtk: str
    qt: str


TOOLS = (
    Picture(("New", "New file", "New document"), "document-new", "SP_FileIcon"),
    Picture(("Open", "Open file"), "document-open", "SP_DialogOpenButton"),
    Picture(("Save", "Save file"), "document-save", "SP_DialogSaveButton"),
    Picture(("Close",), "window-close", "SP_DialogCloseButton"),
    Picture(("Delete", "Trash", "Remove"), "user-trash", "SP_TrashIcon"),
    Picture(("Back", "Go back"), "go-previous", "SP_ArrowBack"),
    Picture(("Forward", "Go forward"), "go-next", "SP_ArrowForward"),
    Picture(("Up", "Go up", "Move up"), "go-up", "SP_ArrowUp"),
    Picture(("Down", "Move down"), "go-down", "SP_ArrowDown"),
    Picture(("Reload", "Refresh"), "view-refresh", "SP_BrowserReload"),
    Picture(("Stop", "Cancel"), "process-stop", "SP_BrowserStop"),
    Picture(("Home", "Home folder"), "go-home", "SP_DirHomeIcon"),
    Picture(("Play",), "media-playback-start", "SP_MediaPlay"),
    Picture(("Pause",), "media-playback-pause", "SP_MediaPause"),
    Picture(("Next track", "Skip forward"), "media-skip-forward", "SP_MediaSkipForward"),
    Picture(("Previous track", "Skip backward"), "media-skip-backward", "SP_MediaSkipBackward"),
    Picture(("Volume", "Sound"), "audio-volume-high", "SP_MediaVolume"),
    Picture(("Mute", "Sound off"), "audio-volume-muted", "SP_MediaVolumeMuted"),
    Picture(("New folder", "Create folder"), "folder-new", "SP_FileDialogNewFolder"),
    Picture(("List view", "View as list"), "view-list", "SP_FileDialogListView"),
    Picture(("Computer",), "computer", "SP_ComputerIcon"),
    Picture(("Folder",), "folder", "SP_DirIcon"),
)
"""For toolbars: what these icons show can be said in words."""

CONTENT = (
    Picture(("Information",), "dialog-information", "SP_MessageBoxInformation"),
    Picture(("Warning",), "dialog-warning", "SP_MessageBoxWarning"),
    Picture(("Error",), "dialog-error", "SP_MessageBoxCritical"),
    Picture(("Question",), "dialog-question", "SP_MessageBoxQuestion"),
)
"""For messages."""
