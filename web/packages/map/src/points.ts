/** What stands on the map. Pure: no drawing, no library. */

export const STATES = ["free", "taken", "out_of_order", "unknown"] as const;
export type State = (typeof STATES)[number];
export type Counts = Readonly<Record<State, number>>;
/** west, south, east, north in degrees */
export type Bounds = readonly [west: number, south: number, east: number, north: number];

/** Something on the map: one thing (`id`), or several drawn as one. */
export interface MapPoint {
  id: string | null;
  name: string | null;
  latitude: number;
  longitude: number;
  bounds: Bounds;
  /** how many places are drawn as one */
  places: number;
  counts: Counts;
}

/** What one most wants to know of it: whether anything is free, else whether anything works. */
export function stateOf(counts: Counts): State {
  return STATES.find((state) => counts[state] > 0) ?? "unknown";
}

/** The same point at the next look; one whose places have changed is another. */
export function keyOf(point: MapPoint): string {
  return point.id ?? `${point.places}@${point.latitude.toFixed(6)},${point.longitude.toFixed(6)}`;
}

export interface Slice {
  state: State;
  /** of the ring, from 0 to 1 */
  begin: number;
  end: number;
}

/** How a ring is divided among the states; whatever is there stays visible among thousands. */
export function slices(counts: Counts, visible = 0.06): Slice[] {
  const there = STATES.filter((state) => counts[state] > 0);
  const total = there.reduce((sum, state) => sum + counts[state], 0);
  if (total === 0) return [{ state: "unknown", begin: 0, end: 1 }];
  const shares = there.map((state) => Math.max(counts[state] / total, visible));
  const whole = shares.reduce((sum, share) => sum + share, 0);
  let begin = 0;
  return there.map((state, index) => {
    const end = index === there.length - 1 ? 1 : begin + (shares[index] ?? 0) / whole;
    const slice = { state, begin, end };
    begin = end;
    return slice;
  });
}

/** How large a point is drawn, in pixels across: slowly larger with what it holds. */
export function sizeOf(point: MapPoint): number {
  return point.places === 1 ? 34 : Math.round(38 + Math.min(26, 8 * Math.log10(point.places)));
}

/** 1234 as it fits into a ring: 1.2k */
export function short(count: number): string {
  if (count < 1000) return String(count);
  return count < 10_000 ? `${(Math.floor(count / 100) / 10).toString()}k` : `${Math.floor(count / 1000)}k`;
}

/** A part of the map as the API wants it. A map that shows the Earth more than once shows all of it. */
export function bboxOf([west, south, east, north]: Bounds): string {
  const held = (latitude: number) => Math.max(-90, Math.min(90, latitude));
  const round = (longitude: number) => ((((longitude + 180) % 360) + 360) % 360) - 180;
  const sides = east - west >= 360 ? ([-180, 180] as const) : ([round(west), round(east)] as const);
  return [sides[0], held(south), sides[1], held(north)].map((degrees) => degrees.toFixed(5)).join(",");
}

/** The part of the map that holds all of these points; null for none. */
export function around(points: readonly MapPoint[]): Bounds | null {
  if (points.length === 0) return null;
  const sides = (pick: (bounds: Bounds) => number) => points.map((point) => pick(point.bounds));
  return [Math.min(...sides((b) => b[0])), Math.min(...sides((b) => b[1])), Math.max(...sides((b) => b[2])), Math.max(...sides((b) => b[3]))];
}
