import { App } from "antd";
import { useState } from "react";
import type { CaseDetail, Event, Finding } from "../api/types";
import { isPlain, isReasoned, type ReasonedStep, useCaseStep } from "../api/useCaseStep";
import { useSpeech } from "../i18n/language";
import { KeyButton } from "./KeyButton";
import { ReasonDialog } from "./ReasonDialog";
import { useKeys } from "./useKeys";
import { useProblemText } from "./useProblemText";
import { useUsualReasons } from "./usualReasons";

/** One key a decision. */
const KEYS: Partial<Record<Event, string>> = {
  confirm: "c", dispatch: "d", hand_over: "h", dismiss: "x", persuade: "p", escalate: "e", suspend: "s", resume: "r", cancel: "n",
};

/** What each usual reason to dismiss says about the detector, in the catalogue's order; own words say nothing. */
const FINDINGS: readonly Finding[] = ["not_a_problem", "cannot_be_judged", "not_ours", "already_gone"];

/** The decisions that the signed-in person may take now, as buttons and as keys. */
export function CaseSteps({ one, onTaken }: { one: CaseDetail; onTaken?: () => void }) {
  const { code } = useSpeech();
  const { message } = App.useApp();
  const said = useProblemText();
  const taking = useCaseStep();
  const [asking, setAsking] = useState<ReasonedStep | null>(null);
  const offered = one.allowed.filter((event) => isPlain(event) || isReasoned(event));

  const start = (event: Event) => {
    taking.reset();
    if (isReasoned(event)) setAsking(event);
    else if (isPlain(event)) {
      taking.mutate(
        { id: one.id, step: event },
        {
          onSuccess: () => {
            void message.success(code("done", event));
            onTaken?.();
          },
          onError: (error) => void message.error(said(error)),
        },
      );
    }
  };
  useKeys(Object.fromEntries(offered.map((event) => [KEYS[event] ?? event, () => start(event)])));

  return (
    <>
      {offered.map((event) => (
        <KeyButton
          key={event} hotkey={KEYS[event]} danger={event === "dismiss"} disabled={taking.isPending} onClick={() => start(event)}
        >
          {code("event", event)}
        </KeyButton>
      ))}
      {asking !== null && (
        <AskReason
          key={asking} step={asking} about={`${asking}.${one.id}`} number={one.number} busy={taking.isPending} error={taking.error}
          onCancel={() => setAsking(null)}
          onReason={(reason, place) =>
            taking.mutateAsync(
              { id: one.id, step: asking, reason, finding: asking === "dismiss" ? FINDINGS[place] : undefined },
              {
                onSuccess: () => {
                  setAsking(null);
                  void message.success(code("done", asking));
                  onTaken?.();
                },
              },
            )
          }
        />
      )}
    </>
  );
}

interface AskProps {
  step: ReasonedStep;
  about: string;
  number: number;
  busy: boolean;
  error: unknown;
  onReason: (reason: string, place: number) => Promise<unknown>;
  onCancel: () => void;
}

function AskReason({ step, number, ...rest }: AskProps) {
  const { t, code } = useSpeech();
  const usual = useUsualReasons(step);
  return <ReasonDialog title={t("reason.title", { step: code("event", step), number })} confirm={code("event", step)} usual={usual} {...rest} />;
}
