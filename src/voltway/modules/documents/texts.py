"""The words of documents, their pages and their mails in the languages that they are read in. Pure: one table."""

from __future__ import annotations

from collections.abc import Mapping

from voltway.modules.documents.rules import LOCALES, language_of

NAMES = {"en": "English", "de": "Deutsch", "zh": "中文"}

# key: (English, German, Chinese)
_TABLE: Mapping[str, tuple[str, str, str]] = {
    "receipt": ("Receipt", "Beleg", "收据"),
    "invoice": ("Invoice", "Rechnung", "发票"),
    "credit_note": ("Credit note", "Rechnungskorrektur", "贷项通知单"),
    "statement": ("Monthly statement", "Monatsübersicht", "月度对账单"),
    "number": ("Number", "Nummer", "编号"),
    "issued": ("Issued", "Ausgestellt am", "开具日期"),
    "due": ("Payable by", "Zahlbar bis", "付款截止"),
    "period": ("Period", "Zeitraum", "账期"),
    "to": ("For", "Für", "客户"),
    "reference": ("Your reference", "Ihr Zeichen", "客户参考号"),
    "vat_id": ("VAT ID", "USt-IdNr.", "增值税号"),
    "tax_number": ("Tax number", "Steuernummer", "税号"),
    "credits": ("Credits", "Zu", "冲销单据"),
    "of_day": ("{number} of {day}", "{number} vom {day}", "{number}（{day}）"),
    "cause": ("Reason", "Grund", "原因"),
    "session": ("Charging session", "Ladevorgang", "充电记录"),
    "place": ("Place", "Ort", "地点"),
    "station": ("Charging station", "Ladestation", "充电桩"),
    "evse": ("EVSE {number}", "Ladepunkt {number}", "充电位 {number}"),
    "connector": ("connector {number}", "Anschluss {number}", "接口 {number}"),
    "start": ("Start", "Beginn", "开始"),
    "end": ("End", "Ende", "结束"),
    "lasted": ("Duration", "Dauer", "时长"),
    "meter_start": ("Meter at the start", "Zählerstand am Beginn", "起始表底"),
    "meter_stop": ("Meter at the end", "Zählerstand am Ende", "结束表底"),
    "energy": ("Energy", "Energie", "电量"),
    "token": ("Charging card", "Ladekarte", "充电卡"),
    "tariff": ("Price as told before the start", "Preis, wie vor dem Start genannt", "充电前告知的价格"),
    "what": ("Description", "Leistung", "项目"),
    "quantity": ("Quantity", "Menge", "数量"),
    "unit_price": ("Unit price", "Einzelpreis", "单价"),
    "vat_rate": ("VAT", "USt", "税率"),
    "amount": ("Amount", "Betrag", "金额"),
    "net": ("Total excluding VAT", "Summe netto", "不含税合计"),
    "vat_of": ("VAT {rate} on {net}", "USt {rate} auf {net}", "增值税 {rate}（{net}）"),
    "gross": ("Total", "Gesamtbetrag", "合计"),
    "gross_credit": ("Credited", "Gutgeschrieben", "冲销合计"),
    "line_Start fee": ("Start fee", "Startgebühr", "启动费"),
    "line_Energy": ("Energy", "Energie", "电费"),
    "line_Time": ("Time", "Zeit", "时长费"),
    "line_Parking time": ("Time after charging", "Standzeit nach dem Laden", "占位费"),
    "line_Reservation": ("Reservation", "Reservierung", "预约费"),
    "unit_kWh": ("kWh", "kWh", "千瓦时"),
    "unit_min": ("min", "min", "分钟"),
    "unit_h": ("h", "h", "小时"),
    "unit_session": ("×", "×", "次"),
    "paid": ("Paid", "Bezahlt", "已付"),
    "refunded": ("Refunded", "Erstattet", "已退"),
    "open_amount": ("Still to pay", "Noch zu zahlen", "待付"),
    "by_card": ("by card", "mit Karte", "银行卡"),
    "by_wallet": ("from the wallet", "aus dem Guthaben", "钱包"),
    "by_alipay": ("by Alipay", "mit Alipay", "支付宝"),
    "by_wechat_pay": ("by WeChat Pay", "mit WeChat Pay", "微信支付"),
    "by_invoice": ("on invoice", "auf Rechnung", "账单"),
    "by_voucher": ("by voucher", "mit Gutschein", "优惠券"),
    "by_terminal": ("at the terminal", "am Terminal", "终端机"),
    "pay_to": ("Please transfer to", "Bitte überweisen Sie auf", "请汇款至"),
    "pay_with": ("with the number {number}", "mit der Nummer {number}", "并注明编号 {number}"),
    "no_bill": (
        "This statement lists documents that you have. It is no invoice.",
        "Diese Übersicht führt Belege auf, die Sie haben. Sie ist keine Rechnung.",
        "本对账单仅汇总已开具的单据，不作为发票使用。",
    ),
    "supply_day": (
        "The day of supply is that of each charging session.",
        "Leistungsdatum ist der Tag des jeweiligen Ladevorgangs.",
        "供电日期以各充电记录为准。",
    ),
    "document": ("Document", "Beleg", "单据"),
    "payments": ("Payments", "Zahlungen", "付款"),
    "page_of": ("Page {page} of {pages}", "Seite {page} von {pages}", "第 {page} 页，共 {pages} 页"),
    "fingerprint": ("Fingerprint (SHA-256)", "Prüfsumme (SHA-256)", "校验码 (SHA-256)"),
    "meter_data": ("Signed meter data", "Signierte Messdaten", "签名计量数据"),
    "meter_data_is": (
        "The meter signed these values itself. Any transparency software for OCMF can check them too.",
        "Diese Werte hat der Zähler selbst signiert. Jede Transparenzsoftware für OCMF kann sie ebenso prüfen.",
        "以下数据由电表签名，也可使用任意支持 OCMF 的校验软件核对。",
    ),
    "on_the_page": (
        "{count} signed meter values can be checked on the page of this document:",
        "{count} signierte Messwerte lassen sich auf der Seite dieses Belegs prüfen:",
        "可在本单据页面核验 {count} 条签名计量数据：",
    ),
    "verdict_valid": ("Verified", "Geprüft", "已验证"),
    "verdict_invalid": ("Signature is wrong", "Signatur ist falsch", "签名无效"),
    "verdict_no_key": ("No public key known", "Kein öffentlicher Schlüssel bekannt", "缺少公钥"),
    "verdict_unsupported": ("Kind of signature not supported", "Signaturart nicht unterstützt", "不支持的签名类型"),
    "verdict_unreadable": ("Not in a known format", "Kein bekanntes Format", "格式无法识别"),
    "says_valid": (
        "The signature holds for the key that the station told: nobody has changed the values since.",
        "Die Signatur passt zum Schlüssel, den die Station genannt hat: Niemand hat die Werte seither geändert.",
        "签名与充电桩公布的公钥相符，数据未被篡改。",
    ),
    "says_invalid": (
        "The signature does not belong to these values and this key. Ask us before you pay.",
        "Die Signatur gehört nicht zu diesen Werten und diesem Schlüssel. Fragen Sie uns, bevor Sie zahlen.",
        "签名与数据或公钥不符，请在付款前联系我们。",
    ),
    "says_no_key": (
        "The station told no key. Compare with the one on the meter's nameplate.",
        "Die Station hat keinen Schlüssel genannt. Prüfen Sie mit dem auf dem Typenschild des Zählers.",
        "充电桩未提供公钥，请使用电表铭牌上的公钥核对。",
    ),
    "says_unsupported": (
        "We cannot check this kind; the maker's software can.",
        "Diese Art können wir nicht prüfen, die Software des Herstellers kann es.",
        "我们暂不支持校验此类签名，请使用厂商软件。",
    ),
    "says_unreadable": (
        "Here is the text as the meter wrote it; the maker's software can read it.",
        "Hier steht der Text, wie ihn der Zähler schrieb; die Software des Herstellers liest ihn.",
        "以下为电表原始文本，可使用厂商软件读取。",
    ),
    "energy_agrees": (
        "Energy by the signed values: {energy}, as billed.",
        "Energie nach den signierten Werten: {energy}, wie abgerechnet.",
        "签名数据电量：{energy}，与账单一致。",
    ),
    "energy_differs": (
        "Energy by the signed values: {energy}. Billed: {billed}.",
        "Energie nach den signierten Werten: {energy}. Abgerechnet: {billed}.",
        "签名数据电量：{energy}；账单电量：{billed}。",
    ),
    "meter": ("Meter", "Zähler", "电表"),
    "key": ("Public key", "Öffentlicher Schlüssel", "公钥"),
    "get_text": ("Download the text", "Text herunterladen", "下载原文"),
    "get_pdf": ("Download PDF", "PDF herunterladen", "下载 PDF"),
    "get_xml": ("E-invoice (XML)", "E-Rechnung (XML)", "电子发票 (XML)"),
    "print": (
        "To print, use the PDF or your browser's print.",
        "Zum Drucken das PDF oder den Browser nutzen.",
        "请使用 PDF 或浏览器打印。",
    ),
    "language": ("Language", "Sprache", "语言"),
    "not_found": ("There is nothing here", "Hier ist nichts", "页面不存在"),
    "not_found_is": (
        "This address belongs to no document. Take it whole from the mail, or ask whoever gave it to you.",
        "Diese Adresse gehört zu keinem Beleg. Übernehmen Sie sie ganz aus der E-Mail, oder fragen Sie, von wem Sie sie haben.",
        "该链接不对应任何单据。请从邮件中完整复制链接，或向提供者确认。",
    ),
    "mail_subject": ("{kind} {number}: {amount}", "{kind} {number}: {amount}", "{kind} {number}：{amount}"),
    "mail_text": (
        "Hello {name},\n\nhere is your document from {seller}.\n\n{kind} {number}\n{amount}\n\n"
        "Read it, check the meter data, or download it as PDF:\n\n{link}\n\nWhoever has this link can read the document.",
        "Guten Tag {name},\n\nhier ist Ihr Beleg von {seller}.\n\n{kind} {number}\n{amount}\n\n"
        "Lesen, Messdaten prüfen oder als PDF herunterladen:\n\n{link}\n\nWer diesen Link hat, kann den Beleg lesen.",
        "{name}，您好：\n\n以下是 {seller} 为您开具的单据。\n\n{kind} {number}\n{amount}\n\n"
        "查看单据、核验计量数据或下载 PDF：\n\n{link}\n\n持有此链接的人均可查看该单据。",
    ),
}
_LABELS = {language: {key: said[index] for key, said in _TABLE.items()} for index, language in enumerate(LOCALES)}


def labels_in(locale: str | None) -> Mapping[str, str]:
    """All words in the language of ours that is nearest to a locale."""
    return _LABELS[language_of(locale)]
