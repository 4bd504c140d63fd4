import type { Texts } from "../texts.ts";

const en = {
  loading: "Loading", noAnswer: "The server cannot be reached. Nothing was sent: try again when you have a connection.", title: "Report a problem", backToPlace: "Back to the place",
  which: "What is it about?", wholePlace: "The place itself", plug: "Charger {name}, plug {number}", kind: "What is wrong?", kind_problem: "It does not work", kind_damage: "Something is broken", kind_payment: "Price or payment",
  kind_question: "A question", kind_other: "Something else", text: "In your words", textHint: "What did you do, what happened, what does the display say?", contact: "How we can reach you, if you like", contactHint: "Telephone or e-mail. Only the operator sees it.",
  photo: "A photo, if it helps", photoHint: "It is made smaller here. Where and with what it was taken is not sent.", send: "Send", sending: "Sending", urgent: "Is somebody in danger? Call {phone} now.", urgentNoPhone: "Is somebody in danger? Call the emergency services now.",
  mine: "Your reports", none: "Nothing was reported on this phone.", kept: "They are kept on this phone only.", state_open: "Received: the operator looks at it", state_waiting: "Somebody is working on it", state_solved: "Solved",
  hasPhoto: "with a photo", addPhoto: "Add a photo to: {text}", photoFailed: "The photo did not get through. Try again below.", photoBad: "This file is no photo that can be sent.", forget: "Forget", forgetNamed: "Forget: {text}", sent: "Thank you. The operator has it.",
};
type Word = keyof typeof en;
const de: Record<Word, string> = {
  loading: "Lädt", noAnswer: "Der Server ist nicht erreichbar. Nichts wurde gesendet: Versuchen Sie es mit Verbindung noch einmal.", title: "Problem melden", backToPlace: "Zurück zum Standort",
  which: "Worum geht es?", wholePlace: "Um den Standort", plug: "Ladesäule {name}, Ladepunkt {number}", kind: "Was stimmt nicht?", kind_problem: "Es funktioniert nicht", kind_damage: "Etwas ist kaputt", kind_payment: "Preis oder Zahlung",
  kind_question: "Eine Frage", kind_other: "Etwas anderes", text: "In Ihren Worten", textHint: "Was haben Sie getan, was ist geschehen, was sagt die Anzeige?", contact: "Wie wir Sie erreichen, wenn Sie möchten", contactHint: "Telefon oder E-Mail. Nur der Betreiber sieht es.",
  photo: "Ein Foto, wenn es hilft", photoHint: "Es wird hier verkleinert. Wo und womit es entstand, wird nicht gesendet.", send: "Senden", sending: "Sendet", urgent: "Ist jemand in Gefahr? Rufen Sie jetzt {phone} an.", urgentNoPhone: "Ist jemand in Gefahr? Rufen Sie jetzt den Notruf.",
  mine: "Ihre Meldungen", none: "Auf diesem Telefon wurde nichts gemeldet.", kept: "Sie sind nur auf diesem Telefon gemerkt.", state_open: "Angekommen: der Betreiber sieht es sich an", state_waiting: "In Arbeit", state_solved: "Gelöst",
  hasPhoto: "mit Foto", addPhoto: "Foto hinzufügen zu: {text}", photoFailed: "Das Foto kam nicht an. Versuchen Sie es unten noch einmal.", photoBad: "Diese Datei ist kein Foto, das sich senden lässt.", forget: "Vergessen", forgetNamed: "Vergessen: {text}", sent: "Danke. Der Betreiber hat Ihre Meldung.",
};
const zh: Record<Word, string> = {
  loading: "加载中", noAnswer: "无法连接服务器，没有发送任何内容：请在联网后重试。", title: "报告问题", backToPlace: "返回地点",
  which: "关于什么？", wholePlace: "整个地点", plug: "充电桩 {name}，充电位 {number}", kind: "出了什么问题？", kind_problem: "无法使用", kind_damage: "有损坏", kind_payment: "价格或付款",
  kind_question: "咨询", kind_other: "其他", text: "请描述", textHint: "您做了什么、发生了什么、屏幕显示什么？", contact: "联系方式（可选）", contactHint: "电话或邮箱，仅运营商可见。",
  photo: "照片（可选）", photoHint: "照片会在本机缩小，拍摄地点和设备信息不会发送。", send: "发送", sending: "发送中", urgent: "有人处于危险中？请立即拨打 {phone}。", urgentNoPhone: "有人处于危险中？请立即拨打急救电话。",
  mine: "您的报告", none: "本手机没有报告过问题。", kept: "仅保存在本手机上。", state_open: "已收到：运营商正在查看", state_waiting: "处理中", state_solved: "已解决",
  hasPhoto: "附照片", addPhoto: "为此报告添加照片：{text}", photoFailed: "照片未能发送，请在下方重试。", photoBad: "此文件不是可发送的照片。", forget: "移除", forgetNamed: "移除：{text}", sent: "谢谢，运营商已收到。",
};
export const TEXTS: Texts<Word> = { en, de, zh };
