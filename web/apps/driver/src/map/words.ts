import { use } from "react";
import { Speech } from "../speech.ts";
import type { Language } from "../words.ts";

/** The texts of the map: they come with it. */
const en = {
  list: "List", mapOf: "Map of charging places", zoomIn: "Zoom in", zoomOut: "Zoom out", here: "You are here",
  find: "Town, street or charging place", nothing: "Nothing is called so.", sources: "Source: {names}", inView: "{places} places here, free plugs: {free}",
  onePlace: "1 place here, free plugs: {free}", noneInView: "No place that fits in this part of the map. Zoom out, or take a filter away.",
  several: "{places} places, free plugs: {free}", noMap: "This browser cannot draw the map (it has no WebGL). The list shows the same places.",
  noLibrary: "The map could not be loaded. The list shows the same places.", open: "Show the list", close: "Show the map", shut: "Close",
  details: "Details and prices", go: "Show the way", told: "Status {age}", without: "Without “{text}”", all: "All places", results: "What was found",
};
type MapWord = keyof typeof en;
const de: Record<MapWord, string> = {
  list: "Liste", mapOf: "Karte der Ladeorte", zoomIn: "Näher heran", zoomOut: "Weiter weg", here: "Sie sind hier",
  find: "Ort, Straße oder Ladeort", nothing: "So heißt nichts.", sources: "Quelle: {names}", inView: "{places} Standorte hier, freie Ladepunkte: {free}",
  onePlace: "1 Standort hier, freie Ladepunkte: {free}", noneInView: "Kein passender Standort in diesem Teil der Karte. Zoomen Sie heraus, oder nehmen Sie einen Filter weg.",
  several: "{places} Standorte, freie Ladepunkte: {free}", noMap: "Dieser Browser kann die Karte nicht zeichnen (ohne WebGL). Die Liste zeigt dieselben Orte.",
  noLibrary: "Die Karte konnte nicht geladen werden. Die Liste zeigt dieselben Orte.", open: "Liste zeigen", close: "Karte zeigen", shut: "Schließen",
  details: "Einzelheiten und Preise", go: "Weg zeigen", told: "Stand {age}", without: "Ohne „{text}“", all: "Alle Standorte", results: "Gefunden",
};
const zh: Record<MapWord, string> = {
  list: "列表", mapOf: "充电地点地图", zoomIn: "放大", zoomOut: "缩小", here: "您的位置",
  find: "城市、街道或充电地点", nothing: "没有找到。", sources: "来源：{names}", inView: "此处 {places} 个地点，{free} 个空闲",
  onePlace: "此处 1 个地点，{free} 个空闲", noneInView: "地图此处没有符合条件的地点。请缩小地图或取消筛选。",
  several: "{places} 个地点，{free} 个空闲", noMap: "此浏览器无法绘制地图（没有 WebGL）。列表显示相同的地点。",
  noLibrary: "无法加载地图。列表显示相同的地点。", open: "显示列表", close: "显示地图", shut: "关闭",
  details: "详情和价格", go: "导航", told: "状态更新于 {age}", without: "取消“{text}”", all: "所有地点", results: "搜索结果",
};
const WORDS: Record<Language, Record<MapWord, string>> = { en, de, zh };

export type MapTell = (word: MapWord, values?: Readonly<Record<string, string | number>>) => string;

export function tell(language: Language): MapTell {
  return (word, values = {}) => WORDS[language][word].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export function useMapWords(): MapTell {
  return tell(use(Speech).language);
}
