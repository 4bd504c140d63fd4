/** China's maps are shifted against GPS. Points are [latitude, longitude] in degrees. */
export type Point = readonly [latitude: number, longitude: number];

const AXIS_M = 6_378_245;
const ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943;

/** Whether a point lies in the rectangle in which maps of China are shifted. */
export function isInChina([latitude, longitude]: Point): boolean {
  return latitude > 0.8293 && latitude < 55.8271 && longitude > 72.004 && longitude < 137.8347;
}

/** A WGS-84 point as Amap draws it; outside China as it is. */
export function toGcj02(point: Point): Point {
  if (!isInChina(point)) return point;
  const [latitude, longitude] = point;
  const [x, y] = [longitude - 105, latitude - 35];
  const waves = (2 / 3) * (20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI));
  const wave = (value: number, parts: readonly (readonly [number, number])[]): number =>
    (2 / 3) * parts.reduce((sum, [height, frequency]) => sum + height * Math.sin(value * frequency * Math.PI), 0);
  const north =
    -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + waves +
    wave(y, [[20, 1], [40, 1 / 3]]) + wave(y, [[160, 1 / 12], [320, 1 / 30]]);
  const east =
    300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + waves +
    wave(x, [[20, 1], [40, 1 / 3]]) + wave(x, [[150, 1 / 12], [300, 1 / 30]]);
  const radians = (latitude / 180) * Math.PI;
  const curve = 1 - ECCENTRICITY_SQUARED * Math.sin(radians) ** 2;
  const metresNorth = ((AXIS_M * (1 - ECCENTRICITY_SQUARED)) / curve ** 1.5 / 180) * Math.PI;
  const metresEast = ((AXIS_M / Math.sqrt(curve)) * Math.cos(radians) * Math.PI) / 180;
  return [latitude + north / metresNorth, longitude + east / metresEast];
}
