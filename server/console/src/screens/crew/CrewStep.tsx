import { App, Button } from "antd";
import type { WorkOrder } from "../../api/types";
import { useWorkOrderStep } from "../../api/useWorkOrderStep";
import { useSpeech } from "../../i18n/language";
import { useProblemText } from "../../parts/useProblemText";
import { AfterPhotoStep } from "./AfterPhotoStep";

/** The next step of a job, at the bottom of the screen. */
export function CrewStep({ order }: { order: WorkOrder }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const said = useProblemText();
  const taking = useWorkOrderStep();

  if (order.allowed.includes("accept")) {
    return (
      <footer className="order-step">
        <Button
          type="primary" size="large" block loading={taking.isPending}
          onClick={() => taking.mutate({ id: order.id, step: "accept" }, { onError: (error) => void message.error(said(error)) })}
        >
          {t("work.accept")}
        </Button>
      </footer>
    );
  }
  if (order.allowed.includes("feed_back")) return <AfterPhotoStep key={order.send_backs} order={order} />;
  if (order.state === "fed_back") return <footer className="order-step waiting">{t("work.waits")}</footer>;
  return null;
}
