import { useEffect, useState } from "react";
import "../charge/charge.css";
import { isLoggedIn } from "../me/session.ts";
import { useTexts } from "../texts.ts";
import "./book.css";
import { BookPage } from "./BookPage.tsx";
import { MinePage } from "./MinePage.tsx";
import { QueuePage } from "./QueuePage.tsx";
import { TEXTS } from "./texts.ts";

/** Booking a time, waiting in line, and what one has of both. `rest`: a location, and behind it the booking that is to be changed. */
export default function Booking({ part, rest }: { part: "book" | "queue" | "bookings"; rest: string }) {
  const t = useTexts(TEXTS);
  const [isKnown, setKnown] = useState<boolean | null>(null);
  useEffect(() => { void isLoggedIn().then(setKnown); }, []);
  const [location = "", booking = null] = rest.split("/");
  if (isKnown === null) return <p role="status" className="wait">{t("loading")}</p>;
  if (!isKnown) {
    return (
      <section className="panel">
        <h1>{t(part === "queue" ? "queueTitle" : part === "book" ? "bookTitle" : "mineTitle")}</h1>
        <p>{t("logInFirst")}</p>
        <a className="main" href={`#/me/${part}/${rest}`}>{t("logIn")}</a>
      </section>
    );
  }
  if (part === "book") return <BookPage key={rest} locationId={location} bookingId={booking} />;
  if (part === "queue") return <QueuePage key={location} locationId={location} />;
  return <MinePage />;
}
