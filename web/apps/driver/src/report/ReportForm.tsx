import { ProblemError, type PublicPlace } from "@voltway/api";
import { use, useEffect, useState } from "react";
import { getPlace } from "../places.ts";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { sendReport } from "./reports.ts";
import { TEXTS } from "./texts.ts";

const KINDS = ["problem", "damage", "payment", "question", "other"] as const;

/** What is wrong at a place, or at one of its EVSEs: `code` is chosen before. */
export function ReportForm({ placeId, code }: { placeId: string; code: string }) {
  const { language } = use(Speech);
  const t = useTexts(TEXTS);
  const [place, setPlace] = useState<PublicPlace | "failed" | null>(null);
  const [at, setAt] = useState(code);
  const [kind, setKind] = useState<(typeof KINDS)[number]>("problem");
  const [text, setText] = useState("");
  const [contact, setContact] = useState("");
  const [photo, setPhoto] = useState<File | null>(null);
  const [isSending, setSending] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    let isWanted = true;
    getPlace(placeId, language).then((found) => { if (isWanted) setPlace(found.value); }, () => { if (isWanted) setPlace("failed"); });
    return () => { isWanted = false; };
  }, [placeId, language]);
  const back = <a href={`#/places/${placeId}`} className="back">‹ {t("backToPlace")}</a>;
  if (place === null) return <>{back}<p role="status">{t("loading")}</p></>;
  if (place === "failed") return <>{back}<p role="status" className="note">{t("noAnswer")}</p></>;

  const evse = place.evses.find((one) => one.id === at);
  const nameOf = (one: PublicPlace["evses"][number]) => t("plug", { name: one.station_name, number: one.evse_number });
  const send = async () => {
    setSending(true);
    setSaid(null);
    try {
      const about = evse === undefined ? { code: null, location_id: placeId } : { code: evse.id, location_id: null };
      const where = [place.name, evse !== undefined && nameOf(evse)].filter(Boolean).join(" · ");
      const isWhole = await sendReport({ ...about, kind, text, contact: contact.trim() || null }, where, photo);
      location.hash = isWhole ? "#/reports/sent" : "#/reports/photo";
    } catch (error) {
      setSaid(error instanceof ProblemError && !error.isUnreachable ? error.message : t("noAnswer"));
      setSending(false);
    }
  };
  const [before, after] = t("urgent", { phone: "\u0000" }).split("\u0000");
  return (
    <>
      {back}
      <h1>{t("title")}</h1>
      <p className="note">{place.help_phone === null ? t("urgentNoPhone") : <>{before}<a href={`tel:${place.help_phone.replace(/[^+\d]/g, "")}`}>{place.help_phone}</a>{after}</>}</p>
      <form className="panel" onSubmit={(event) => { event.preventDefault(); void send(); }}>
        <h2>{place.name}</h2>
        <label className="field">{t("which")}
          <select value={evse?.id ?? ""} onChange={(event) => { setAt(event.target.value); }}>
            <option value="">{t("wholePlace")}</option>
            {place.evses.map((one) => <option key={one.id} value={one.id}>{nameOf(one)}</option>)}
          </select>
        </label>
        <label className="field">{t("kind")}
          <select value={kind} onChange={(event) => { setKind(event.target.value as typeof kind); }}>{KINDS.map((one) => <option key={one} value={one}>{t(`kind_${one}`)}</option>)}</select>
        </label>
        <label className="field">{t("text")}<small>{t("textHint")}</small><textarea required maxLength={2000} value={text} onChange={(event) => { setText(event.target.value); }} /></label>
        <label className="field">{t("photo")}<small>{t("photoHint")}</small><input type="file" accept="image/*" onChange={(event) => { setPhoto(event.target.files?.[0] ?? null); }} /></label>
        <label className="field">{t("contact")}<small>{t("contactHint")}</small><input type="text" maxLength={200} autoComplete="email" value={contact} onChange={(event) => { setContact(event.target.value); }} /></label>
        <p role="alert" className={said === null ? "" : "note"}>{said}</p>
        <button type="submit" className="main" disabled={isSending}>{t(isSending ? "sending" : "send")}</button>
      </form>
    </>
  );
}
