import { App, Modal } from "antd";
import type { Heir } from "../../api/types";
import { useHandOverAll } from "../../api/useHeirs";
import { useSpeech } from "../../i18n/language";
import { ordersThatGo } from "../../parts/heirs";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { useFocusBack } from "../../parts/useFocusBack";

/** Says how many work orders go to whom and how many stay, before they do. */
export function HandOverDialog({ heirs, onDone }: { heirs: readonly Heir[]; onDone: () => void }) {
  useFocusBack();
  const { t } = useSpeech();
  const { message } = App.useApp();
  const handing = useHandOverAll();
  const count = ordersThatGo(heirs);
  const handOver = () =>
    handing.mutate(undefined, {
      onSuccess: ({ handed_over, kept }) => {
        void message.success(t(kept === 0 ? "orders.handed_over" : "orders.handed_over_but", { count: handed_over, kept }));
        onDone();
      },
    });
  return (
    <Modal
      open
      title={t("orders.hand_over_title", { count })}
      okText={t("orders.hand_over", { count })}
      cancelText={t("reason.cancel")}
      okButtonProps={{ disabled: count === 0, loading: handing.isPending, autoFocus: true }}
      onOk={handOver}
      onCancel={onDone}
      destroyOnHidden
      width={440}
    >
      <ul className="heirs">
        {heirs.map(({ person, orders }) => (
          <li key={person?.id ?? ""}>
            <bdi>{person === null ? t("orders.nobody") : person.display}</bdi>
            <b>{orders}</b>
          </li>
        ))}
      </ul>
      <p className="heirs-note">{t("orders.hand_over_note")}</p>
      {handing.error !== null && <ProblemNotice error={handing.error} />}
    </Modal>
  );
}
