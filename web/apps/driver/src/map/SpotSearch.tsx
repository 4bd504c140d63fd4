import type { PublicPlace } from "@voltway/api";
import { use, useEffect, useEffectEvent, useId, useState } from "react";
import { findPlaces } from "../places.ts";
import { Speech } from "../speech.ts";
import { NOTHING } from "../wanted.ts";
import { findSpots, type Spot } from "./asking.ts";
import { useMapWords } from "./words.ts";

const TYPING_MS = 250;
const PLACES_MAX = 3;

type Option = { kind: "place"; place: PublicPlace } | { kind: "spot"; spot: Spot };
interface Results { text: string; options: Option[]; sources: string[] }

export interface SpotSearchProps {
  near: { latitude: number; longitude: number } | null;
  onPlace: (place: PublicPlace) => void;
  onSpot: (spot: Spot) => void;
}

const keyOf = (option: Option) => (option.kind === "place" ? option.place.id : `${option.spot.name} ${option.spot.latitude} ${option.spot.longitude}`);
const nameOf = (option: Option) => (option.kind === "place" ? option.place.name : option.spot.name);

/** A search with suggestions, by the pattern of the ARIA practices (combobox with a listbox). */
export function SpotSearch({ near, onPlace, onSpot }: SpotSearchProps) {
  const { language, t } = use(Speech);
  const tell = useMapWords();
  const id = useId();
  const [text, setText] = useState("");
  const [results, setResults] = useState<Results | null>(null);
  const [active, setActive] = useState(-1);
  const [isOpen, setOpen] = useState(false);

  const look = async (isTyped: boolean): Promise<Results> => {
    const wanted = text.trim();
    const [places, { spots, sources }] = await Promise.all([
      findPlaces({ ...NOTHING, text: wanted }, language, null).then((found) => found.value.items.slice(0, PLACES_MAX), () => []),
      findSpots(wanted, language, near, isTyped).catch(() => ({ spots: [], sources: [] })),
    ]);
    return { text: wanted, sources, options: [...places.map((place) => ({ kind: "place" as const, place })), ...spots.map((spot) => ({ kind: "spot" as const, spot }))] };
  };
  // a new position, by which it only orders, is no reason to search again
  const lookWhileTyping = useEffectEvent(() => look(false));
  useEffect(() => {
    if (text.trim().length < 2 || !isOpen) return undefined;
    let isWanted = true;
    const timer = setTimeout(() => {
      void lookWhileTyping().then((found) => { if (isWanted) { setResults(found); setActive(-1); } });
    }, TYPING_MS);
    return () => { isWanted = false; clearTimeout(timer); };
  }, [text, language, isOpen]);

  const choose = (option: Option) => {
    setText(nameOf(option));
    setOpen(false);
    setActive(-1);
    if (option.kind === "place") onPlace(option.place);
    else onSpot(option.spot);
  };
  const enter = async () => {
    const chosen = results?.text === text.trim() ? results.options[active] : undefined;
    if (chosen !== undefined) { choose(chosen); return; }
    if (text.trim().length < 2) return;
    const found = await look(true);
    setResults(found);
    const [first] = found.options;
    if (first === undefined) setOpen(true);
    else choose(first);
  };
  const options = isOpen && results !== null && text.trim().length >= 2 ? results.options : null;
  const onKeyDown = (event: React.KeyboardEvent) => {
    const count = options?.length ?? 0;
    if (event.key === "Enter") { event.preventDefault(); void enter(); }
    else if (event.key === "Escape") { setOpen(false); setActive(-1); if (!isOpen) setText(""); }
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count > 0) {
      event.preventDefault();
      setActive((active + (event.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1) + count) % count);
    }
  };
  return (
    <div className="spots">
      <input
        type="search" role="combobox" aria-label={tell("find")} placeholder={tell("find")} maxLength={100} autoComplete="off" value={text}
        aria-expanded={options !== null} aria-controls={`${id}list`} aria-autocomplete="list" aria-activedescendant={active >= 0 ? `${id}${active}` : undefined}
        onChange={(event) => { setText(event.target.value); setOpen(true); }} onKeyDown={onKeyDown} onFocus={() => { setOpen(true); }} onBlur={() => { setOpen(false); }}
      />
      <div className="found" hidden={options === null}>
        <ul id={`${id}list`} role="listbox" aria-label={tell("results")}>
          {options?.map((option, index) => (
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the keyboard is the field's: options of a combobox are never focused (aria-activedescendant)
            <li key={keyOf(option)} id={`${id}${index}`} role="option" aria-selected={index === active} onMouseDown={(event) => { event.preventDefault(); }} onClick={() => { choose(option); }}>
              <svg viewBox="0 0 24 24" aria-hidden="true"><path d={option.kind === "place" ? "M13 3L6 13h4l-1 8 8-11h-5z" : "M12 21s7-6.5 7-11.5A7 7 0 0 0 5 9.500C5 14.500 12 21 12 21zm0-9a2.500 2.500 0 1 1 0-5 2.500 2.500 0 0 1 0 5z"} /></svg>
              <span><b>{nameOf(option)}</b><small>{option.kind === "place" ? [option.place.city, t("freeOf", { free: option.place.free_count, all: option.place.evses.length })].filter(Boolean).join(" · ") : option.spot.detail}</small></span>
            </li>
          ))}
        </ul>
        {options?.length === 0 && <p>{tell("nothing")}</p>}
        {options !== null && results !== null && results.sources.length > 0 && <small>{tell("sources", { names: results.sources.join(", ") })}</small>}
      </div>
    </div>
  );
}
