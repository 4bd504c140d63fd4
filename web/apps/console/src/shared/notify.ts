import { notifications, type NotificationData } from "@mantine/notifications";
import i18next from "i18next";
import { problemText } from "./problemText.ts";

export function notifyDone(message: string): void {
  show({ message, color: "teal" });
}

export function notifyFailure(message: string): void {
  show({ message, color: "red" });
}

export function notifyProblem(error: unknown): void {
  show({ title: i18next.t("problem.title"), message: problemText(error), color: "red" });
}

function show(what: NotificationData): void {
  notifications.show({ ...what, closeButtonProps: { "aria-label": i18next.t("common.close") } });
}
