import { createFormat, type Format } from "@voltway/format";
import { useTranslation } from "react-i18next";

const formats = new Map<string, Format>();

/** The formats of the chosen language, in the reader's own region where the browser names one. */
export function useFormat(): Format {
  const { i18n } = useTranslation();
  const locale = navigator.languages.find((tag) => tag.startsWith(i18n.language)) ?? i18n.language;
  let format = formats.get(locale);
  if (!format) {
    format = createFormat(locale);
    formats.set(locale, format);
  }
  return format;
}
