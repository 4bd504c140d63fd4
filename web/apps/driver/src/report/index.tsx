import "../charge/charge.css";
import "./report.css";
import { Mine } from "./Mine.tsx";
import { ReportForm } from "./ReportForm.tsx";

/** Reporting a problem, and how what was reported stands. `placeId` empty: what this phone has reported. `code`: of the EVSE one stands at. */
export default function Reporting({ placeId, code }: { placeId: string; code: string }) {
  return placeId === "" ? <Mine isSent={code === "sent"} isPhotoLost={code === "photo"} /> : <ReportForm placeId={placeId} code={code} />;
}
