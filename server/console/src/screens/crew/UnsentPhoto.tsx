import { App, Button } from "antd";
import { type ReactNode, useMemo } from "react";
import { Problem } from "../../api/problem";
import { useSpeech } from "../../i18n/language";
import type { Unsent } from "../../outbox/shelf";
import { useOutbox } from "../../outbox/useOutbox";
import { Moment } from "../../parts/Moment";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { usePreview } from "../../parts/usePreview";

/** A photo that waits on the phone: that it does, why, and what can be done with it. */
export function UnsentPhoto({ one, children }: { one: Unsent; children?: ReactNode }) {
  const { t } = useSpeech();
  const { modal } = App.useApp();
  const { sending, send, drop } = useOutbox();
  const preview = usePreview(useMemo(() => new Blob([one.photo], { type: one.media_type }), [one.id]));
  const title = t(one.refused !== null ? "unsent.refused" : sending ? "unsent.sending" : one.draft ? "unsent.draft" : "unsent.waits");

  const ask = () =>
    void modal.confirm({
      title: t("unsent.drop_title"), content: t("unsent.drop_note"), okText: t("unsent.drop"), okButtonProps: { danger: true },
      cancelText: t("reason.cancel"), onOk: () => drop(one.id),
    });
  return (
    <section className="card unsent" aria-label={title}>
      <h2 aria-live="polite">{title}</h2>
      {children}
      <div className="unsent-what">
        <span className="picture">{preview !== null && <img src={preview} alt={t("compare.after")} />}</span>
        <p>{t("after.taken")} <Moment at={one.taken_at} /><br />{t("unsent.note")}{one.refused === null && <><br />{t(one.draft ? "unsent.draft_note" : "unsent.by_itself")}</>}</p>
      </div>
      {one.refused !== null && <ProblemNotice error={new Problem(one.refused.status, one.refused.code, one.refused.message)} />}
      <div className="unsent-steps">
        <Button danger disabled={sending} onClick={ask}>{t("unsent.drop")}</Button>
        <Button type="primary" loading={sending} onClick={() => send(one.id)}>{t("unsent.send")}</Button>
      </div>
    </section>
  );
}
