import { Button } from "antd";
import { useState } from "react";
import type { CaseNumber } from "../../api/types";
import { useSpeech } from "../../i18n/language";
import { OtherCases } from "./OtherCases";

/** One number, how surely it was read, and the advertiser's other cases on demand. */
export function CaseNumberLine({ case_id, one }: { case_id: string; one: CaseNumber }) {
  const { t, code } = useSpeech();
  const [open, setOpen] = useState(false);
  const same = one.other_cases === 1 ? t("number.same_one") : t("number.same", { count: one.other_cases });
  return (
    <li>
      <b className="number">{one.number}</b>
      <span>{code("phone", one.kind)} · {t("number.support", { sightings: one.sightings })}</span>
      {one.other_cases === 0 ? <span>{t("number.alone")}</span> : (
        <Button type="link" size="small" aria-expanded={open} onClick={() => setOpen(!open)}>{same}</Button>
      )}
      {open && <OtherCases case_id={case_id} advertiser_id={one.advertiser_id} />}
      {one.alike.map((other) => (
        <span key={other.id}>
          {t("number.alike", { number: other.number, count: other.cases_open + other.cases_closed })}
        </span>
      ))}
    </li>
  );
}
