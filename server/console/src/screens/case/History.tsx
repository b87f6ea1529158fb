import { Timeline } from "antd";
import { stateColour } from "../../app/theme";
import type { HistoryLine } from "../../api/types";
import { useSpeech } from "../../i18n/language";
import { Moment } from "../../parts/Moment";

/** Everything that happened to a case, the newest first. It only grows. */
export function History({ lines }: { lines: readonly HistoryLine[] }) {
  const { t, code } = useSpeech();
  return (
    <section className="card">
      <h2>{t("case.history")}</h2>
      <Timeline
        items={[...lines].reverse().map((line, index) => ({
          key: index,
          color: stateColour(line.to_state),
          content: (
            <div className="history-line">
              <b>{code("event", line.event)}</b>
              <span>{line.person?.display ?? code("role", line.role)}</span>
              <Moment at={line.at} />
              {line.reason !== null && <q>{line.reason}</q>}
            </div>
          ),
        }))}
      />
    </section>
  );
}
