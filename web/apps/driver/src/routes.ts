/** What the address names, so that a page can be shared and the back button works. */
export type Route =
  | { page: "report"; placeId: string; code: string }
  | { page: "places" }
  | { page: "map" }
  | { page: "place"; id: string }
  | { page: "code"; code: string; password: string | null }
  | { page: "enter" }
  | { page: "charge" }
  | { page: "booking"; part: "book" | "queue" | "bookings"; rest: string }
  | { page: "me"; part: string; rest: string };

/** `pathname`: of the address; the link of a mail has its secret behind the `#`, where no server and no log sees it. */
export function routeOf(hash: string, pathname = ""): Route {
  if (pathname.endsWith("/verify-email")) return { page: "me", part: "confirm", rest: hash.replace(/^#/, "") };
  if (/^#\/reports(\/|$)/.test(hash)) return { page: "report", placeId: "", code: hash.split("/")[2] ?? "" };
  const reported = /^#\/report\/([\w-]+)(?:\/([\w-]+))?$/.exec(hash);
  if (reported !== null) return { page: "report", placeId: reported[1] ?? "", code: reported[2] ?? "" };
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [head = "", ...more] = path.split("/");
  const rest = more.join("/");
  if (head === "places" && /^[\w-]+$/.test(rest)) return { page: "place", id: rest };
  if (head === "map") return { page: "map" };
  if (head === "bookings" || ((head === "book" || head === "queue") && /^[\w-]+(\/[\w-]+)?$/.test(rest))) return { page: "booking", part: head, rest };
  if (head === "charge") return { page: "charge" };
  if (head === "me") return { page: "me", part: more[0] ?? "", rest: more.slice(1).join("/") };
  if (head === "c") return rest === "" ? { page: "enter" } : { page: "code", code: decoded(rest), password: new URLSearchParams(query).get("t") };
  return { page: "places" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
