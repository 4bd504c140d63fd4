import { notifications } from "@mantine/notifications";
import i18next from "i18next";
import { problemText } from "./problemText.ts";

export function notifyDone(message: string): void {
  notifications.show({ message, color: "teal" });
}

export function notifyFailure(message: string): void {
  notifications.show({ message, color: "red" });
}

export function notifyProblem(error: unknown): void {
  notifications.show({ title: i18next.t("problem.title"), message: problemText(error), color: "red" });
}
