import { App } from "antd";
import { useState } from "react";
import type { WorkOrder } from "../../api/types";
import { useMe } from "../../api/useMe";
import { useWorkOrderStep } from "../../api/useWorkOrderStep";
import { useSpeech } from "../../i18n/language";
import { KeyButton } from "../../parts/KeyButton";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { useKeys } from "../../parts/useKeys";
import { useProblemText } from "../../parts/useProblemText";
import { useUsualReasons } from "../../parts/usualReasons";

/** Approve or send back. Who handled a case never verifies it, and a role that may not is told so. */
export function ReviewSteps({ order }: { order: WorkOrder }) {
  const { t, code } = useSpeech();
  const { data: me } = useMe();
  const { message } = App.useApp();
  const said = useProblemText();
  const taking = useWorkOrderStep();
  const usual = useUsualReasons("send_back");
  const [asking, setAsking] = useState(false);

  const own = me?.id === order.assignee_id;
  const may = order.allowed.includes("approve") && !own && !taking.isPending;
  const approve = () =>
    taking.mutate(
      { id: order.id, step: "approve" },
      {
        onSuccess: () => void message.success(t("review.approved", { number: order.case_number })),
        onError: (error) => void message.error(said(error)),
      },
    );
  const ask = () => {
    taking.reset();
    setAsking(true);
  };
  useKeys({ a: may ? approve : undefined, s: may ? ask : undefined });

  return (
    <div className="review-steps">
      {own && <span className="own">{t("review.own")}</span>}
      {!own && !order.allowed.includes("approve") && <span className="own">{t("review.only_reviewers")}</span>}
      <KeyButton hotkey="s" danger disabled={!may} onClick={ask}>{code("event", "send_back")}</KeyButton>
      <KeyButton hotkey="a" type="primary" disabled={!may} loading={taking.isPending && !asking} onClick={approve}>{code("event", "approve")}</KeyButton>
      {asking && (
        <ReasonDialog
          title={t("reason.title", { step: code("event", "send_back"), number: order.case_number })}
          about={`send_back.${order.id}`}
          confirm={code("event", "send_back")} usual={usual} busy={taking.isPending} error={taking.error}
          onCancel={() => setAsking(false)}
          onReason={(reason) =>
            taking.mutateAsync(
              { id: order.id, step: "send_back", reason },
              {
                onSuccess: () => {
                  setAsking(false);
                  void message.success(t("review.sent_back", { number: order.case_number }));
                },
              },
            )
          }
        />
      )}
    </div>
  );
}
