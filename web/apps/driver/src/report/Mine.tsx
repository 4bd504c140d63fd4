import { use, useEffect, useState } from "react";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { followReports, forgetReport, keptReports, sendPhoto } from "./reports.ts";
import { TEXTS } from "./texts.ts";

const AGAIN_MS = 30_000;

/** What this phone has reported, and how it stands. `isSent`: one has just been sent; `isPhotoLost`: but its photo has not. */
export function Mine({ isSent, isPhotoLost }: { isSent: boolean; isPhotoLost: boolean }) {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  const [reports, setReports] = useState(keptReports);
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    const look = () => { void followReports().then(setReports); };
    look();
    const timer = setInterval(look, AGAIN_MS);
    return () => { clearInterval(timer); };
  }, []);
  return (
    <>
      <h1>{t("mine")}</h1>
      <div role="status">{(isSent || isPhotoLost) && <p className="callout">{t("sent")}{isPhotoLost && ` ${t("photoFailed")}`}</p>}</div>
      <section className="panel">
        {reports.length === 0 && <p>{t("none")}</p>}
        <ul className="rows reports">
          {reports.map((one) => (
            <li key={one.id}>
              <span>
                <strong data-state={one.state}>{t(`state_${one.state}`)}</strong>
                <small>{one.where} · {format.dateTime(one.openedAt)}{one.hasPhoto && ` · ${t("hasPhoto")}`}</small>
                {one.text}
                {!one.hasPhoto && one.state !== "solved" && (
                  <label className="field"><span className="unseen">{t("addPhoto", { text: one.text })}</span>
                    <input type="file" accept="image/*" onChange={(event) => {
                      const file = event.target.files?.[0];
                      if (file !== undefined) sendPhoto(one, file).then((known) => { setSaid(null); setReports(known); }, () => { setSaid(t("photoBad")); });
                    }} />
                  </label>
                )}
              </span>
              <button type="button" aria-label={t("forgetNamed", { text: one.text })} onClick={() => { setReports(forgetReport(one.id)); }}>{t("forget")}</button>
            </li>
          ))}
        </ul>
        <p role="alert" className={said === null ? "" : "note"}>{said}</p>
        <p className="dim">{t("kept")}</p>
      </section>
    </>
  );
}
