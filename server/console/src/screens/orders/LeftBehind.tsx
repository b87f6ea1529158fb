import { Alert, Button } from "antd";
import { useState } from "react";
import { useHeirs } from "../../api/useHeirs";
import { useMe } from "../../api/useMe";
import { useSpeech } from "../../i18n/language";
import { KeyButton } from "../../parts/KeyButton";
import { ordersOf } from "../../parts/heirs";
import { useKeys } from "../../parts/useKeys";
import { HandOverDialog } from "./HandOverDialog";

interface Props {
  /** Whether the list shows them already. */
  shown: boolean;
  show: () => void;
}

/** Says that people left work orders behind, wherever the list stands, and leads to handing them over. */
export function LeftBehind({ shown, show }: Props) {
  const { t } = useSpeech();
  const { data: me } = useMe();
  const { data: heirs = [] } = useHeirs(me?.role === "supervisor");
  const [asking, setAsking] = useState(false);
  const count = ordersOf(heirs);
  const ask = () => setAsking(true);
  useKeys({ h: count > 0 ? ask : undefined });
  return (
    <>
      {count > 0 && (
        <Alert
          type="warning" showIcon title={t("orders.left_behind", { count })}
          action={
            <span className="left-steps">
              {!shown && <Button onClick={show}>{t("orders.show_left")}</Button>}
              <KeyButton type="primary" hotkey="h" onClick={ask}>{t("orders.hand_over_all")}</KeyButton>
            </span>
          }
        />
      )}
      {asking && <HandOverDialog heirs={heirs} onDone={() => setAsking(false)} />}
    </>
  );
}
