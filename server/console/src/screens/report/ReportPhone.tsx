import { Input, type InputRef } from "antd";
import type { Ref } from "react";
import { useSpeech } from "../../i18n/language";

/** What the server takes for a phone number. */
const NUMBER = /^\+?[0-9]{5,15}$/;

/** The number to send, without the blanks and dashes that people write; empty for none, null where it is no number. */
export function phoneToSend(written: string): string | null {
  const number = written.replace(/[\s-]/g, "");
  return number === "" || NUMBER.test(number) ? number : null;
}

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
