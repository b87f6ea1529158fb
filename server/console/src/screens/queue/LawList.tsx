import { CheckOutlined, CloseOutlined } from "@ant-design/icons";
import type { Figures } from "../../api/types";
import { useSpeech } from "../../i18n/language";

export function LawList({ laws }: { laws: Figures["laws"] }) {
  const { t, code } = useSpeech();
  return (
    <ul className="law-list">
      {laws.map(({ law, left, right, holds }) => (
        <li key={law} className={holds ? undefined : "broken"}>
          {holds ? <CheckOutlined aria-label={t("figures.holds")} /> : <CloseOutlined aria-label={t("figures.does_not_hold")} />}
          <span>{code("law", law)}</span>
          <b>{left} {holds ? "=" : "≠"} {right}</b>
        </li>
      ))}
    </ul>
  );
}
