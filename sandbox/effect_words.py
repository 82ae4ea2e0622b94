"""Words that raise the class of an element's effect, in ten languages.

Promises
- A word raises a class and never lowers it; words are compared without regard to case and width.
- English, German, French, Spanish, Portuguese, Italian, Dutch, Russian, Chinese and Japanese.

Does not promise
- To know every word of these languages, or to see through look-alike letters: the lists raise some
  labels, they do not find all of them.

The first words of a label count: labels begin with what they do, in verb-final languages too where
they are short. Two words may be one ("log out"). Chinese and Japanese set no blanks: there a word
counts wherever it stands in the beginning of the label.
"""

import unicodedata
from itertools import pairwise

from handrail.sandbox.rules import EffectClass

_FIRST_WORDS, _FIRST_LETTERS = 4, 24


def _words(*lists: str) -> frozenset[str]:
    return frozenset(unicodedata.normalize("NFKC", " ".join(lists)).casefold().split())


_COMMIT = _words(
    "accept agree applynow approve authorise authorize buy checkout confirm donate grant install"
    " invite ordernow pay placeorder publish purchase reply reserve send share submit subscribe"
    " transfer upload withdraw",
    "absenden abonnieren akzeptieren bestellen bestätigen bezahlen buchen einreichen hochladen"
    " installieren kaufen senden spenden teilen überweisen veröffentlichen zahlen zurkasse"
    " zustimmen",
    "acheter accepter commander confirmer envoyer installer partager payer publier réserver"
    " soumettre téléverser transférer valider virer",
    "aceptar comprar confirmar enviar instalar pagar publicar realizarpedido reservar suscribirse"
    " transferir",
    "aceitar assinar confirmar concordar doar finalizar reservar transferir",
    "accetta accettare acquista acquistare bonifico compra conferma confermare inviare invia"
    " installa ordina paga pagare prenota pubblica trasferisci",
    "aanvaarden accepteren akkoord bestellen betalen bevestigen boeken delen installeren kopen"
    " overmaken plaatsen verzenden versturen",
    "вступить заказать купить заплатить оплатить опубликовать отправить перевести подписаться"
    " подтвердить принять установить",
)
_DESTROY = _words(
    "cancelsubscription clear deactivate delete destroy discard empty erase formatdisk formatdrive"
    " overwrite purge remove reset revoke"
    " terminate trash uninstall unsubscribe wipe",
    "deaktivieren deinstallieren entfernen kündigen leeren löschen überschreiben verwerfen"
    " widerrufen zurücksetzen",
    "abandonner désactiver désinscrire désinstaller écraser effacer enlever réinitialiser"
    " résilier retirer révoquer supprimer vider",
    "anular borrar desactivar desinstalar descartar eliminar quitar restablecer revocar vaciar",
    "apagar anular desativar desinstalar descartar eliminar esvaziar excluir redefinir remover"
    " revogar",
    "annulla cancella cancellare disattiva disinstalla elimina eliminare reimposta revoca rimuovi"
    " scarta svuota",
    "deactiveren leegmaken opzeggen overschrijven verwijderen wissen intrekken",
    "деактивировать отписаться отозвать очистить сбросить стереть убрать удалить уничтожить",
)
_SYSTEM = _words(
    "hibernate lockscreen logoff logout poweroff reboot restart shutdown signout sudo",
    "abmelden ausloggen herunterfahren neustarten sperren",
    "déconnecter déconnexion éteindre redémarrer verrouiller",
    "bloquear cerrarsesión desconectar reiniciar",
    "desligar encerrarsessão sair terminarsessão",
    "disconnetti esci riavvia spegni",
    "afmelden afsluiten opnieuwopstarten uitloggen vergrendelen",
    "выйти выключить перезагрузить перезапустить",
)
_SPACED: dict[EffectClass, frozenset[str]] = {
    "commit": _COMMIT, "destroy": _DESTROY, "system": _SYSTEM,
}  # fmt: skip
_UNSPACED: dict[EffectClass, frozenset[str]] = {
    "commit": _words(
        "购买 支付 付款 发送 提交 确认 订购 下单 发布 转账 安装 同意 接受 預訂 購買 送出"
        " 購入 注文 支払 送信 確定 確認 公開 振込 インストール 同意 予約"
    ),
    "destroy": _words(
        "删除 移除 清空 清除 抹掉 卸载 注销账号 重置 撤销 刪除"
        " 削除 消去 取り消し 解約 アンインストール 初期化 リセット"
    ),
    "system": _words("退出登录 登出 注销 关机 重启 ログアウト サインアウト シャットダウン 再起動"),
}


def raised_by(label: str) -> tuple[EffectClass, str]:
    """Return the gravest class that a label's words suggest and the word, or ``observe`` and ""."""
    plain = unicodedata.normalize("NFKC", label[:400]).casefold()
    kept = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    split = "".join(c if unicodedata.category(c)[0] in "LM" else " " for c in kept).split()
    first = split[:_FIRST_WORDS]
    # "Log out" and "Shut down" are one word here, as "logout" and "shutdown" are.
    spoken = {*first, *(a + b for a, b in pairwise(first))}
    joined = "".join(split)[:_FIRST_LETTERS]
    classes: tuple[EffectClass, ...] = ("system", "destroy", "commit")
    for effect in classes:
        said = sorted(spoken & _SPACED[effect]) or sorted(
            word for word in _UNSPACED[effect] if word in joined
        )
        if said:
            return effect, said[0]
    return "observe", ""
