export { canDraw, MapView, type MapViewProps } from "./MapView.tsx";
export type { Target, View } from "./draw.ts";
export type { Ground, Town } from "./ground.ts";
export * from "./points.ts";
