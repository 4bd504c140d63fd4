import { client, hasPasskeys, ProblemError, take } from "@voltway/api";
import { use, useState } from "react";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { Field } from "./LogIn.tsx";
import { useKept } from "./Overview.tsx";
import { addPasskey } from "./passkey.ts";
import { TEXTS } from "./texts.ts";

/** The passkeys of this account. With the first factor come recovery codes, which are shown this once. */
export function Passkeys() {
  const { format } = use(Speech);
  const t = useTexts(TEXTS);
  const [answer, look] = useKept("factors", () => take(client.GET("/api/v1/me/factors")));
  const [name, setName] = useState("");
  const [codes, setCodes] = useState<string[] | null>(null);
  const [leaving, setLeaving] = useState<string | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const failed = (error: unknown) => { setSaid(error instanceof ProblemError && !error.isUnreachable ? error.message : t("noAnswer")); };
  const add = async () => {
    setSaid(null);
    const added = await addPasskey(name.trim());
    if (added === null) { setSaid(t("passkeyNot")); return; }
    setName("");
    setCodes(added.recovery_codes);
    setSaid(t("passkeyAdded"));
    look();
  };
  const remove = (id: string) => {
    setLeaving(null);
    client.DELETE("/api/v1/me/passkeys/{passkey_id}", { params: { path: { passkey_id: id } } }).then(() => { setSaid(t("passkeyGone")); look(); }, failed);
  };
  return (
    <section className="panel" aria-labelledby="passkeys">
      <h2 id="passkeys">{t("passkeys")}</h2>
      <p className="dim">{t(hasPasskeys() ? "passkeysText" : "passkeysNone")}</p>
      <ul className="rows">
        {answer?.value.passkeys.map((one) => (
          <li key={one.id}>
            <span>{one.name}<small>{one.last_used_at === null ? t("passkeySince", { date: format.date(one.created_at) }) : t("passkeyUsed", { date: format.date(one.last_used_at) })}</small></span>
            {leaving === one.id
              ? <button type="button" className="stop" onClick={() => { remove(one.id); }}>{t("removeYes")}</button>
              : <button type="button" aria-label={t("removeNamed", { name: one.name })} onClick={() => { setLeaving(one.id); }}>{t("remove")}</button>}
          </li>
        ))}
      </ul>
      {codes !== null && (
        <div className="callout" role="group" aria-labelledby="codes">
          <h3 id="codes">{t("codes")}</h3>
          <p>{t("codesText")}</p>
          <p className="mono">{codes.map((code) => <span key={code}>{code} </span>)}</p>
          <button type="button" onClick={() => { setCodes(null); }}>{t("codesKept")}</button>
        </div>
      )}
      {hasPasskeys() && (
        <details>
          <summary>{t("addPasskey")}</summary>
          <form onSubmit={(event) => { event.preventDefault(); add().catch(failed); }}>
            <Field label={t("passkeyName")} type="text" value={name} onChange={setName} />
            <button type="submit" className="main">{t("addPasskeyNow")}</button>
          </form>
        </details>
      )}
      <p role="status" className={said === null ? "" : "note"}>{said}</p>
    </section>
  );
}
