/** Every text of the app; the compiler compares the languages' keys. */
const en = {
  map: "Map", report: "Report a problem", reports: "Your reports", title: "Charge here", search: "Place, street or operator", near: "Near me",
  free: "Free now", open: "Open now", power: "At least", any: "any", connector: "Connector", favourites: "Favourites",
  denied: "Your position is not available. Search for a town or street instead.", none: "No place fits. Try fewer words or filters.",
  failed: "The server cannot be reached, and nothing is kept from before.", again: "Try again", old: "No connection. As of {age}.",
  loading: "Loading", more: "More places", freeOf: "{free} of {all} free", kept: "Remember", unkept: "Forget", back: "All places",
  isOpen: "Open now", isClosed: "Closed now", always: "Open day and night", help: "Help by phone", way: "Show the way",
  directions: "How to find it", hours: "Opening hours", by: "Run by {operator}", upTo: "up to {power}", told: "as of {age}",
  noPrice: "The price is shown before you start.", success: "{percent} % of the last attempts worked", last: "last charge {age}",
  charger: "Charger {name}, plug {number}", state_free: "Free", state_taken: "In use", state_out_of_order: "Out of order",
  state_unknown: "Not known", gone: "There is no such place.", language: "Language", phoneApp: "Navigation app",
  charge: "Charge", account: "Account", chargeHere: "Charge here", book: "Book a time", queue: "Wait in line", waiting: "{count} waiting",
  priceMost: "At most per kWh", priceFrom: "from {price} per kWh", priceUnknown: "No price per kWh stated", access: "Access", access_public: "Open to everybody",
  access_restricted: "Only for some people", access_unknown: "Not stated",
};
export type Word = keyof typeof en;
const de: Record<Word, string> = {
  map: "Karte", report: "Problem melden", reports: "Ihre Meldungen", title: "Hier laden", search: "Ort, Straße oder Betreiber", near: "In meiner Nähe",
  free: "Jetzt frei", open: "Jetzt geöffnet", power: "Mindestens", any: "beliebig", connector: "Stecker", favourites: "Favoriten",
  denied: "Ihre Position ist nicht verfügbar. Suchen Sie nach einem Ort oder einer Straße.", none: "Kein Standort passt. Versuchen Sie weniger Wörter oder Filter.",
  failed: "Der Server ist nicht erreichbar, und von früher ist nichts gemerkt.", again: "Noch einmal", old: "Keine Verbindung. Stand: {age}.",
  loading: "Lädt", more: "Weitere Standorte", freeOf: "{free} von {all} frei", kept: "Merken", unkept: "Vergessen", back: "Alle Standorte",
  isOpen: "Jetzt geöffnet", isClosed: "Jetzt geschlossen", always: "Tag und Nacht geöffnet", help: "Hilfe am Telefon", way: "Weg zeigen",
  directions: "So finden Sie hin", hours: "Öffnungszeiten", by: "Betrieben von {operator}", upTo: "bis {power}", told: "Stand {age}",
  noPrice: "Der Preis wird vor dem Start gezeigt.", success: "{percent} % der letzten Versuche gelangen", last: "zuletzt geladen {age}",
  charger: "Ladesäule {name}, Ladepunkt {number}", state_free: "Frei", state_taken: "Belegt", state_out_of_order: "Außer Betrieb",
  state_unknown: "Nicht bekannt", gone: "Diesen Standort gibt es nicht.", language: "Sprache", phoneApp: "Navigations-App",
  charge: "Laden", account: "Konto", chargeHere: "Hier laden", book: "Zeit buchen", queue: "Anstellen", waiting: "{count} warten",
  priceMost: "Höchstens je kWh", priceFrom: "ab {price} je kWh", priceUnknown: "Kein Preis je kWh angegeben", access: "Zugang", access_public: "Für alle offen",
  access_restricted: "Nur für bestimmte Personen", access_unknown: "Nicht angegeben",
};
const zh: Record<Word, string> = {
  map: "地图", report: "报告问题", reports: "您的报告", title: "在此充电", search: "地点、街道或运营商", near: "我附近",
  free: "当前空闲", open: "营业中", power: "至少", any: "不限", connector: "接口", favourites: "收藏",
  denied: "无法获取您的位置，请改为搜索城市或街道。", none: "没有符合条件的地点，请减少关键词或筛选。",
  failed: "无法连接服务器，也没有之前保存的内容。", again: "重试", old: "没有网络。数据时间：{age}。",
  loading: "加载中", more: "更多地点", freeOf: "{all} 个中有 {free} 个空闲", kept: "收藏", unkept: "取消收藏", back: "所有地点",
  isOpen: "营业中", isClosed: "已关闭", always: "全天开放", help: "电话帮助", way: "导航",
  directions: "如何到达", hours: "开放时间", by: "运营商：{operator}", upTo: "最高 {power}", told: "更新于 {age}",
  noPrice: "开始充电前会显示价格。", success: "近期 {percent}% 的充电成功", last: "最近一次充电 {age}",
  charger: "充电桩 {name}，充电位 {number}", state_free: "空闲", state_taken: "使用中", state_out_of_order: "故障",
  state_unknown: "未知", gone: "没有这个地点。", language: "语言", phoneApp: "导航应用",
  charge: "充电", account: "账户", chargeHere: "在此充电", book: "预约时间", queue: "排队", waiting: "{count} 人在等",
  priceMost: "每千瓦时最高", priceFrom: "每千瓦时 {price} 起", priceUnknown: "未标明每千瓦时价格", access: "进入条件", access_public: "对所有人开放",
  access_restricted: "仅限特定人员", access_unknown: "未说明",
};
export const LANGUAGES = { en: "English", de: "Deutsch", zh: "中文" } as const;
export type Language = keyof typeof LANGUAGES;
const WORDS: Record<Language, Record<Word, string>> = { en, de, zh };
const STORED_AS = "voltway.language";

function isLanguage(text: string): text is Language {
  return Object.hasOwn(LANGUAGES, text);
}

/** The language chosen before, else the best that the browser wants, else English. */
export function preferredLanguage(wanted: readonly string[], chosen: string | null): Language {
  return [chosen ?? "", ...wanted.map((tag) => tag.slice(0, 2))].find(isLanguage) ?? "en";
}

export function chosenLanguage(): Language {
  return preferredLanguage(navigator.languages, localStorage.getItem(STORED_AS));
}

export function chooseLanguage(language: Language): void {
  localStorage.setItem(STORED_AS, language);
}

export function say(language: Language, word: Word, values: Readonly<Record<string, string | number>> = {}): string {
  return WORDS[language][word].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
