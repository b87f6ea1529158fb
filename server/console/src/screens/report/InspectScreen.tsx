import "./report.css";
import { Button } from "antd";
import { useState } from "react";
import { useMe } from "../../api/useMe";
import { useSpeech, useTitle } from "../../i18n/language";
import { Fate, useFate } from "./Fate";
import { Reporting } from "./Reporting";

/** An inspector on foot reports one problem after the other. */
export function InspectScreen() {
  const { t } = useSpeech();
  useTitle(t("inspect.title"));
  const { data: me } = useMe();
  const [last, setLast] = useState<string | null>(null);
  if (me === undefined) return null;
  return (
    <div className="report">
      <h1>{t("inspect.title")}</h1>
      {last === null ? <Reporting person_id={me.id} done={setLast} /> : <Last key={last} person_id={me.id} token={last} next={() => setLast(null)} />}
    </div>
  );
}

function Last({ person_id, token, next }: { person_id: string; token: string; next: () => void }) {
  const { t } = useSpeech();
  const fate = useFate(person_id, token);
  const refused = fate.waiting?.refused != null;
  return (
    <>
      <Fate {...fate} />
      <Button block size="large" type="primary" onClick={next}>{t(refused ? "report.put_right" : "inspect.next")}</Button>
    </>
  );
}
