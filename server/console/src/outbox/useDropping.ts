import { App } from "antd";
import { useSpeech } from "../i18n/language";
import { isReport, type Unsent } from "./shelf";
import { useOutboxOf } from "./useOutbox";

/** Asks whether to delete what waits, and does; `then` is called once it is gone. */
export function useDropping(one: Unsent, then?: () => void): () => void {
  const { t } = useSpeech();
  const { modal } = App.useApp();
  const { drop } = useOutboxOf(one.person_id);
  const report = isReport(one);
  return () =>
    void modal.confirm({
      title: t(report ? "report.drop_title" : "unsent.drop_title"), content: t(report ? "report.drop_note" : "unsent.drop_note"),
      okText: t(report ? "report.drop" : "unsent.drop"), okButtonProps: { danger: true }, cancelText: t("reason.cancel"),
      onOk: async () => {
        await drop(one.id);
        then?.();
      },
    });
}
