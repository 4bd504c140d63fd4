export { createFormat, type Format, type MoneyAmount } from "./format.ts";
export { wireTime } from "./wireTime.ts";
