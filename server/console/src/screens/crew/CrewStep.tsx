import { App, Button } from "antd";
import type { WorkOrder } from "../../api/types";
import { useMe } from "../../api/useMe";
import { useWorkOrderStep } from "../../api/useWorkOrderStep";
import { useSpeech } from "../../i18n/language";
import { isPhoto } from "../../outbox/shelf";
import { UnsentCard } from "../../outbox/UnsentCard";
import { useOutbox } from "../../outbox/useOutbox";
import { useProblemText } from "../../parts/useProblemText";
import { AfterPhotoStep } from "./AfterPhotoStep";

/** The next step of a job, at the bottom of the screen; none while a photo of its result was sent off and waits. */
export function CrewStep({ order }: { order: WorkOrder }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const said = useProblemText();
  const taking = useWorkOrderStep();
  const { data: me } = useMe();
  const { unsent } = useOutbox();
  const mayFeedBack = order.allowed.includes("feed_back") && me !== undefined;
  const waiting = unsent.filter(isPhoto).filter(({ order_id, draft }) => order_id === order.id && !(draft && mayFeedBack));

  if (waiting.length > 0) return waiting.map((one) => <UnsentCard key={one.id} one={one} />);

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
  if (mayFeedBack) return <AfterPhotoStep key={order.send_backs} order={order} person_id={me.id} />;
  if (order.state === "fed_back") return <footer className="order-step waiting">{t("work.waits")}</footer>;
  return null;
}
