import { isInChina, toGcj02, type Point } from "./gcj02.ts";

export interface Way {
  name: string;
  href: string;
}

/** Links that open a navigation app at a point (WGS-84), with the place's name. Amap only where its maps are. */
export function waysTo(point: Point, name: string): Way[] {
  const [latitude, longitude] = point;
  const here = `${latitude},${longitude}`;
  const label = encodeURIComponent(name);
  const ways = [
    { name: "geo:", href: `geo:${here}?q=${here}(${label})` },
    { name: "Apple Maps", href: `https://maps.apple.com/?daddr=${here}` },
    { name: "Google Maps", href: `https://www.google.com/maps/dir/?api=1&destination=${here}` },
    { name: "Waze", href: `https://www.waze.com/ul?ll=${here}&navigate=yes` },
  ];
  if (!isInChina(point)) return ways;
  const [north, east] = toGcj02(point);
  const to = `${east.toFixed(6)},${north.toFixed(6)},${label}`;
  return [{ name: "高德地图", href: `https://uri.amap.com/navigation?to=${to}&mode=car&coordinate=gaode` }, ...ways];
}
