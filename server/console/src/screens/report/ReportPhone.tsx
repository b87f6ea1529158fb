import { Input, type InputRef } from "antd";
import type { Ref } from "react";
import { useSpeech } from "../../i18n/language";

interface Props {
  written: string;
  /** Whether to say that it is no number. */
  wrong: boolean;
  write: (written: string) => void;
  ref: Ref<InputRef>;
}

/** Whom to tell when it is really fixed. */
export function ReportPhone({ written, wrong, write, ref }: Props) {
  const { t } = useSpeech();
  return (
    <section className="card">
      <label className="report-phone" htmlFor="report-phone">{t("report.phone")}</label>
      <Input
        ref={ref} id="report-phone" size="large" type="tel" autoComplete="tel" maxLength={20} value={written}
        status={wrong ? "error" : ""} aria-invalid={wrong} aria-describedby="report-phone-note"
        onChange={(change) => write(change.target.value)}
      />
      <p className={wrong ? "report-note report-wrong" : "report-note"} id="report-phone-note" role={wrong ? "alert" : undefined}>
        {t(wrong ? "report.phone_wrong" : "report.phone_note")}
      </p>
    </section>
  );
}
