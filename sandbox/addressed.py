"""Fields that take a recipient, an address or a file, as their own labels say.

Promises
- A label can only add to what is demanded of a text: whatever is typed into such a field must have
  been named, and not only what has the form of an address.
- English, German, French, Spanish, Portuguese, Italian, Dutch, Russian, Chinese and Japanese.
- In a window that chooses files, everything that is typed names a file.

Does not promise
- To know every label: a field that is called otherwise is judged by the form of the text alone.
"""

import re

from handrail.actuators.observation import Element, Surface
from handrail.sandbox.conditions import plain_words
from handrail.sandbox.known import Part


def _words(*lists: str) -> frozenset[str]:
    return frozenset(plain_words(word) for one in lists for word in one.split("/"))


_WORDS: dict[Part, frozenset[str]] = {
    "recipients": _words(
        "recipient/recipients/addressee/payee/beneficiary/cc/bcc/e-mail/email/mail/invite/invitee"
        "/share with/send to/pay to/transfer to/phone/telephone/mobile/iban/account number/wallet"
        "/forward to",
        "empfänger/empfängerin/begünstigter/kontonummer/telefon/handy/teilen mit/senden an",
        "destinataire/bénéficiaire/courriel/téléphone/numéro de compte/partager avec/envoyer à",
        "destinatario/beneficiario/correo/teléfono/número de cuenta/compartir con/enviar a",
        "destinatário/beneficiário/telefone/número da conta/compartilhar com/enviar para",
        "destinatari/telefono/numero di conto/condividi con/invia a/bonifico a",
        "ontvanger/begunstigde/telefoon/rekeningnummer/delen met/verzenden naar",
        "получатель/почта/телефон/номер счета/номер счёта/поделиться",
    ),
    "hosts": _words(
        "url/website/web address/link/webhook/callback/homepage/server/host/endpoint/repository",
        "webadresse/webseite/site web/adresse web/sitio web/enlace/sítio/sito web/indirizzo web",
        "webadres/сайт/ссылка",
    ),
    "files": _words(
        "file/file name/filename/path/folder/directory/save as/attachment/upload",
        "datei/dateiname/pfad/ordner/speichern unter/anhang",
        "fichier/nom de fichier/dossier/enregistrer sous/archivo/nombre de archivo/carpeta/ruta",
        "arquivo/ficheiro/pasta/caminho/nome do arquivo/nome file/cartella/percorso",
        "bestand/bestandsnaam/map/pad/файл/имя файла/папка/путь",
    ),
}
_PATTERNS = {
    part: re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(words)))})(?![\w-])")
    for part, words in _WORDS.items()
}
_UNSPACED: dict[Part, frozenset[str]] = {
    "recipients": _words("收件人/收款人/邮箱/电子邮件/电话/账号/宛先/受取人/メール/電話/口座番号"),
    "hosts": _words("网址/链接/リンク/ウェブサイト"),
    "files": _words("文件/文件名/路径/文件夹/ファイル/ファイル名/パス/フォルダ"),
}
# Only as the whole label: inside one they are ordinary words.
_WHOLE = _words("to/an/à/a/para/naar/кому/для", "payable to/user/username")


def takes(element: Element | None, surface: Surface) -> Part | None:
    """Return what a field is there to name, or None where its label does not say."""
    if surface.window_kind == "file chooser":
        return "files"
    if element is None or not element.editable:
        return None
    label = plain_words(element.name.raw[:200])
    bare = re.sub(r"[^\w\s-]+", " ", label).strip()
    if bare in _WHOLE:
        return "recipients"
    for part, pattern in _PATTERNS.items():
        if pattern.search(bare):
            return part
    for part, letters in _UNSPACED.items():
        if any(word in label for word in letters):
            return part
    return None
