import { Alert, Button } from "antd";
import { Problem } from "../api/problem";
import { useSpeech } from "../i18n/language";
import { useProblemText } from "./useProblemText";

/** again: offered unless the server says that there is no such thing, which it will say again. */
export function ProblemNotice({ error, again }: { error: unknown; again?: () => void }) {
  const { t } = useSpeech();
  const said = useProblemText();
  const absent = error instanceof Problem && error.status === 404;
  return (
    <Alert
      className="problem"
      type="error"
      showIcon
      title={said(error)}
      action={again && !absent && <Button size="small" onClick={again}>{t("problem.again")}</Button>}
    />
  );
}
