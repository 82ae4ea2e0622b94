"""Words of each of the ten languages: what they raise, and what must stay as it is."""

import pytest

from handrail.sandbox.effect_words import raised_by
from handrail.sandbox.rules import EffectClass

LABELS: dict[str, dict[EffectClass, str]] = {
    "English": {
        "commit": (
            "Pay now|Place order|Send message|Submit|Confirm purchase|Subscribe"
            "|Publish post|Check out|Transfer money|Order now|Reply"
        ),
        "destroy": ("Delete|Remove item|Erase disk|Empty trash|Cancel subscription|Format drive"),
        "system": ("Log out|Sign out|Shut down|Restart|Lock screen"),
    },
    "German": {
        "commit": (
            "Jetzt kaufen|Zahlungspflichtig bestellen|Absenden|Senden|Bestätigen"
            "|Überweisen|Veröffentlichen|Bezahlen|Zur Kasse"
        ),
        "destroy": ("Löschen|Konto löschen|Entfernen|Papierkorb leeren|Verwerfen|Abo kündigen"),
        "system": ("Abmelden|Herunterfahren|Neu starten|Sperren"),
    },
    "French": {
        "commit": (
            "Payer|Envoyer|Commander|Valider la commande|Confirmer|Acheter|Publier|Soumettre"
        ),
        "destroy": ("Supprimer|Effacer|Vider la corbeille|Se désinscrire|Désinstaller|Résilier"),
        "system": ("Se déconnecter|Déconnexion|Éteindre|Redémarrer|Verrouiller"),
    },
    "Spanish": {
        "commit": (
            "Pagar|Enviar|Comprar|Confirmar pedido|Publicar|Transferir|Suscribirse|Realizar pedido"
        ),
        "destroy": ("Eliminar|Borrar|Vaciar papelera|Desinstalar|Quitar|Descartar"),
        "system": ("Cerrar sesión|Reiniciar|Bloquear"),
    },
    "Portuguese": {
        "commit": ("Pagar|Enviar|Comprar|Confirmar|Finalizar compra|Publicar|Transferir|Assinar"),
        "destroy": ("Excluir|Apagar|Remover|Esvaziar lixeira|Desinstalar|Eliminar"),
        "system": ("Sair|Encerrar sessão|Desligar|Reiniciar"),
    },
    "Italian": {
        "commit": ("Paga|Invia|Acquista|Conferma ordine|Pubblica|Trasferisci|Ordina|Compra"),
        "destroy": ("Elimina|Cancella|Rimuovi|Svuota cestino|Disinstalla|Scarta"),
        "system": ("Esci|Disconnetti|Spegni|Riavvia"),
    },
    "Dutch": {
        "commit": ("Betalen|Verzenden|Bestellen|Bevestigen|Kopen|Plaatsen|Overmaken|Akkoord"),
        "destroy": ("Verwijderen|Wissen|Prullenbak leegmaken|Opzeggen|Intrekken"),
        "system": ("Afmelden|Uitloggen|Afsluiten|Vergrendelen|Opnieuw opstarten"),
    },
    "Russian": {
        "commit": ("Оплатить|Отправить|Купить|Подтвердить|Заказать|Опубликовать|Перевести"),
        "destroy": ("Удалить|Очистить корзину|Стереть|Убрать|Сбросить"),
        "system": ("Выйти|Выключить|Перезагрузить"),
    },
    "Chinese": {
        "commit": ("付款|立即支付|发送|提交订单|确认|购买|发布|转账|送出"),
        "destroy": ("删除|移除|清空回收站|卸载|重置"),
        "system": ("退出登录|注销|关机|重启|登出"),
    },
    "Japanese": {
        "commit": ("支払う|送信する|購入|注文を確定|確認|公開|振込"),
        "destroy": ("削除|消去|アンインストール|初期化|解約"),
        "system": ("ログアウト|サインアウト|シャットダウン|再起動"),
    },
}


@pytest.mark.parametrize("language", LABELS)
def test_usual_labels_of_a_language_raise_their_class(language: str) -> None:
    for effect, labels in LABELS[language].items():
        for label in labels.split("|"):
            for said in (label, label.upper(), f"  {label} \u200b"):
                assert raised_by(said)[0] == effect, said


def test_there_are_ten_languages_with_every_grave_class() -> None:
    assert len(LABELS) == 10
    assert all(set(classes) == {"commit", "destroy", "system"} for classes in LABELS.values())


@pytest.mark.parametrize(
    "label",
    ["Next", "Search", "Format", "Sort order", "Weiter", "Suchen", "Suivant", "Buscar", "Siguiente",
     "Seguinte", "Avanti", "Cerca", "Volgende", "Zoeken", "Далее", "Поиск", "下一步", "搜索",
     "次へ", "検索"],
)  # fmt: skip
def test_harmless_labels_raise_nothing(label: str) -> None:
    assert raised_by(label) == ("observe", "")
