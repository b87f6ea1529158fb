import { Alert, Button } from "antd";
import { useSpeech } from "../i18n/language";
import { useProblemText } from "./useProblemText";

export function ProblemNotice({ error, again }: { error: unknown; again?: () => void }) {
  const { t } = useSpeech();
  const said = useProblemText();
  return (
    <Alert
      className="problem"
      type="error"
      showIcon
      title={said(error)}
      action={again && <Button size="small" onClick={again}>{t("problem.again")}</Button>}
    />
  );
}
