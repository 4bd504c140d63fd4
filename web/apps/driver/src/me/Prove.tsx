import { client, hasPasskeys, ProblemError, take, whenProofNeeded } from "@voltway/api";
import { useEffect, useRef, useState } from "react";
import { useTexts } from "../texts.ts";
import { Field } from "./LogIn.tsx";
import { proveByPasskey } from "./passkey.ts";
import { adopt } from "./session.ts";
import { TEXTS } from "./texts.ts";

/** Stands beside the page: a request that the server wants proved waits here for the proof, and is then sent again. */
export function Prove() {
  const t = useTexts(TEXTS);
  const dialog = useRef<HTMLDialogElement>(null);
  const waiting = useRef<((isProved: boolean) => void)[]>([]);
  const [password, setPassword] = useState("");
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    whenProofNeeded(() => new Promise((answer) => { waiting.current.push(answer); dialog.current?.showModal(); }));
    return () => { whenProofNeeded(undefined); };
  }, []);
  const settle = (isProved: boolean) => {
    waiting.current.splice(0).forEach((answer) => { answer(isProved); });
    setPassword("");
    setSaid(null);
    dialog.current?.close();
  };
  const attempt = (proof: Promise<boolean>) => {
    setSaid(null);
    proof.then((isProved) => { if (isProved) settle(true); }, (error: unknown) => { setSaid(error instanceof ProblemError && !error.isUnreachable ? error.message : t("noAnswer")); });
  };
  return (
    <dialog ref={dialog} aria-labelledby="prove" onClose={() => { settle(false); }}>
      <form onSubmit={(event) => { event.preventDefault(); attempt(take(client.POST("/api/v1/me/step-up", { body: { password } })).then((answer) => { adopt(answer); return true; })); }}>
        <h2 id="prove">{t("proveTitle")}</h2>
        <Field label={t("prove")} type="password" autoComplete="current-password" value={password} onChange={setPassword} />
        <p role="alert" className={said === null ? "" : "note"}>{said}</p>
        <button type="submit" className="main">{t("goOn")}</button>
        <p className="pair">
          {hasPasskeys() && <button type="button" onClick={() => { attempt(proveByPasskey()); }}>{t("usePasskey")}</button>}
          <button type="button" onClick={() => { settle(false); }}>{t("cancel")}</button>
        </p>
      </form>
    </dialog>
  );
}
