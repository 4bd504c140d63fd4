import { canOfferPasskeys, client, hasPasskeys, ProblemError, take, type LoginResponse } from "@voltway/api";
import { use, useEffect, useEffectEvent, useRef, useState, type ReactNode } from "react";
import { Speech } from "../speech.ts";
import { useTexts } from "../texts.ts";
import { logInByPasskey } from "./passkey.ts";
import { adopt, type Me } from "./session.ts";
import { TEXTS } from "./texts.ts";

type Ask = "logIn" | "register" | "forgot" | "code" | "sent" | "confirm";

/** Logging in, opening an account, a forgotten password (whose link leads to the console). `token`: of the mail that opens an account. */
export function LogIn({ token, onDone }: { token: string | null; onDone: (person: Me) => void }) {
  const { language } = use(Speech);
  const t = useTexts(TEXTS);
  const [ask, setAsk] = useState<Ask>(token === null ? "logIn" : "confirm");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [name, setName] = useState("");
  const [ticket, setTicket] = useState("");
  const [code, setCode] = useState("");
  const [said, setSaid] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [terms, setTerms] = useState<{ is_open: boolean; consents: Record<string, string> } | null>(null);
  useEffect(() => {
    if (ask === "register" && terms === null) take(client.GET("/api/v1/registrations")).then(setTerms, () => { setSaid(t("noAnswer")); });
  }, [ask, terms, t]);

  const done = (answer: LoginResponse) => { onDone(adopt(answer)); };
  const send = async () => {
    if (ask === "logIn") {
      try {
        done(await take(client.POST("/api/v1/login", { body: { email, password } })));
      } catch (error) {
        const wanted = error instanceof ProblemError ? error.context.ticket : undefined;
        if (typeof wanted !== "string") throw error;
        setTicket(wanted);
        setAsk("code");
      }
    } else if (ask === "code") {
      const proof = /^\d{6}$/.test(code) ? { code } : { recovery_code: code };
      done(await take(client.POST("/api/v1/login/second-factor", { body: { ticket, ...proof } })));
    } else if (ask === "register") {
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      await take(client.POST("/api/v1/registrations", { body: { email, name, locale: language, time_zone: zone, operator: "default", consents: terms?.consents ?? {} } }));
      setAsk("sent");
    } else if (ask === "forgot") {
      await take(client.POST("/api/v1/password-resets", { body: { email } }));
      setAsk("sent");
    } else if (ask === "confirm" && token !== null) {
      done(await take(client.POST("/api/v1/registrations/confirmation", { body: { token, password } })));
    }
  };
  const attempt = (trial: Promise<unknown>) => {
    setBusy(true);
    setSaid(null);
    trial.catch((error: unknown) => { setSaid(error instanceof ProblemError && !error.isUnreachable ? error.message : t("noAnswer")); }).finally(() => { setBusy(false); });
  };
  const stopOffering = usePasskeyOffer(token === null, onDone);
  const byPasskey = async (ticketOfPassword?: string) => {
    stopOffering();
    const person = await logInByPasskey(ticketOfPassword);
    if (person === null) setSaid(t("passkeyNot"));
    else onDone(person);
  };
  const passkey = hasPasskeys() && (ask === "logIn" || ask === "code") && (
    <button type="button" className="wide" disabled={isBusy} onClick={() => { attempt(byPasskey(ask === "code" ? ticket : undefined)); }}>{t(ask === "code" ? "usePasskey" : "withPasskey")}</button>
  );
  const mail = <Field label={t("email")} type="email" autoComplete={ask === "logIn" ? "username webauthn" : "username"} value={email} onChange={setEmail} />;
  if (ask === "sent") return <section className="panel" role="status"><p>{t("mailSent", { email })}</p></section>;
  const title = ask === "register" ? "register" : ask === "forgot" ? "forgot" : ask === "confirm" ? "choosePassword" : "logIn";
  const parts: Record<Exclude<Ask, "sent">, ReactNode> = {
    logIn: <>{mail}<Field label={t("password")} type="password" autoComplete="current-password" value={password} onChange={setPassword} /></>,
    code: <Field label={t("code")} type="text" autoComplete="one-time-code" value={code} onChange={setCode} />,
    register: <>{mail}<Field label={t("name")} type="text" autoComplete="name" value={name} onChange={setName} />
      {Object.keys(terms?.consents ?? {}).map((kind) => <label key={kind} className="choice"><input type="checkbox" required />{kind === "privacy" ? t("privacy") : t("terms")}</label>)}</>,
    forgot: mail,
    confirm: <Field label={t("newPassword")} type="password" autoComplete="new-password" value={password} onChange={setPassword} />,
  };
  return (
    <>
      <form className="panel" onSubmit={(event) => { event.preventDefault(); attempt(send()); }}>
        <h1>{t(title)}</h1>
        {ask === "register" && terms?.is_open === false ? <p>{t("closed")}</p> : (
          <>
            {parts[ask]}
            <p role="alert" className={said === null ? "" : "note"}>{said}</p>
            <button type="submit" className="main" disabled={isBusy || (ask === "register" && terms === null)}>{ask === "register" || ask === "forgot" ? t("sendLink") : t(title)}</button>
            {passkey}
          </>
        )}
      </form>
      <p className="after">
        {ask === "logIn" ? <><button type="button" className="plain" onClick={() => { setAsk("register"); }}>{t("register")}</button> <button type="button" className="plain" onClick={() => { setAsk("forgot"); }}>{t("forgot")}</button></> : <button type="button" className="plain" onClick={() => { setAsk("logIn"); }}>{t("haveAccount")}</button>}
      </p>
      <p className="after dim">{t("noAccount")}</p>
    </>
  );
}

/** Offers passkeys where the address is typed, as long as the page stands; the function ends that, before a dialog asks for one. */
function usePasskeyOffer(isWanted: boolean, onDone: (person: Me) => void): () => void {
  const ending = useRef<AbortController | null>(null);
  const done = useEffectEvent(onDone);
  useEffect(() => {
    const ours = new AbortController();
    ending.current = ours;
    const offer = async () => {
      if (!isWanted || !(await canOfferPasskeys()) || ours.signal.aborted) return;
      const person = await logInByPasskey(undefined, ours.signal, "conditional");
      if (person !== null) done(person);
    };
    // What cannot be offered is not missed: the button is there.
    offer().catch(() => undefined);
    return () => { ours.abort(); };
  }, [isWanted]);
  return () => { ending.current?.abort(); };
}

export function Field({ label, type, value, onChange, autoComplete = "off", isNeeded = true }: { label: string; type: string; value: string; onChange: (value: string) => void; autoComplete?: string; isNeeded?: boolean }) {
  return <label className="field">{label}<input type={type} required={isNeeded} maxLength={300} autoComplete={autoComplete} value={value} onChange={(event) => { onChange(event.target.value); }} /></label>;
}
