import "./unsent.css";
import { Button } from "antd";
import { type ReactNode, useMemo } from "react";
import { Problem } from "../api/problem";
import { useSpeech } from "../i18n/language";
import { Moment } from "../parts/Moment";
import { ProblemNotice } from "../parts/ProblemNotice";
import { usePreview } from "../parts/usePreview";
import { KeptUntil } from "./KeptUntil";
import { isReport, type Unsent } from "./shelf";
import { useDropping } from "./useDropping";
import { useOutboxOf } from "./useOutbox";

/** What waits on the phone: that it does, why, until when, and what can be done with it. */
export function UnsentCard({ one, children }: { one: Unsent; children?: ReactNode }) {
  const { t } = useSpeech();
  const { sending, send } = useOutboxOf(one.person_id);
  const askToDrop = useDropping(one);
  const preview = usePreview(useMemo(() => new Blob([one.photo], { type: one.media_type }), [one.id]));
  const title = t(one.refused !== null ? "unsent.refused" : sending ? "unsent.sending" : one.draft ? "unsent.draft" : "unsent.waits");
  return (
    <section className="card unsent" aria-label={title}>
      <h2 aria-live="polite">{title}</h2>
      {children}
      <div className="unsent-what">
        <span className="picture">{preview !== null && <img src={preview} alt={t(isReport(one) ? "report.preview" : "compare.after")} />}</span>
        <p>
          {t("after.taken")} <Moment at={one.taken_at} /><br />
          {t("unsent.note")} <KeptUntil one={one} />
          {one.refused === null && <><br />{t(one.draft ? "unsent.draft_note" : "unsent.by_itself")}</>}
        </p>
      </div>
      {one.refused !== null && <ProblemNotice error={new Problem(one.refused.status, one.refused.code, one.refused.message)} />}
      <div className="unsent-steps">
        <Button danger disabled={sending} onClick={askToDrop}>{t(isReport(one) ? "report.drop" : "unsent.drop")}</Button>
        <Button type="primary" loading={sending} onClick={() => send(one.id)}>{t("unsent.send")}</Button>
      </div>
    </section>
  );
}
