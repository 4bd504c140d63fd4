import { useEffect, useState } from "react";
import { useTexts } from "../texts.ts";
import "../charge/charge.css";
import "./me.css";
import { LogIn } from "./LogIn.tsx";
import { Overview } from "./Overview.tsx";
import { TEXTS } from "./texts.ts";
import { whoAmI, type Me as Person } from "./session.ts";

/** Where a log-in leads on to, if it was asked for on the way there. */
const ON = ["c", "book", "queue", "bookings"];

/** What is a driver's own. `part`: of the address; `rest`: where to go after the log-in (`c/{code}`, `book/{location}`). */
export default function Me({ part, rest }: { part: string; rest: string }) {
  const t = useTexts(TEXTS);
  const [person, setPerson] = useState<Person | null | "unknown" | "failed">("unknown");
  useEffect(() => {
    let isWanted = true;
    whoAmI().then((found) => { if (isWanted) setPerson(found); }, () => { if (isWanted) setPerson("failed"); });
    return () => { isWanted = false; };
  }, []);
  if (person === "unknown") return <p role="status" className="wait">{t("loading")}</p>;
  if (person === "failed") return <p role="status" className="panel">{t("noAnswer")}</p>;
  if (person === null) {
    return <LogIn token={part === "confirm" ? rest : null} onDone={(found) => { setPerson(found); location.replace(ON.includes(part) ? `/app/#/${part}/${rest}` : "/app/#/me"); }} />;
  }
  return <Overview person={person} onOut={() => { setPerson(null); }} />;
}
