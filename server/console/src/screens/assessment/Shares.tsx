import { Button } from "antd";
import { useState } from "react";
import { useSpeech } from "../../i18n/language";
import { PaceHeads } from "./PaceCells";
import { type Share, ShareRow } from "./ShareRow";

/** So many of the worst are shown at first. */
const FIRST = 10;

interface Props {
  id: string;
  title: string;
  /** What each row is. */
  of: string;
  shares: readonly Share[];
}

/** Grids or people, the worst first. */
export function Shares({ id, title, of, shares }: Props) {
  const { t } = useSpeech();
  const [all, setAll] = useState(false);
  return (
    <section className="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div className="table-frame" role="region" aria-labelledby={id} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{of}</th>
              <th scope="col" className="count">{t("assessment.overdue")}</th>
              <th scope="col" className="count">{t("assessment.open")}</th>
              <th scope="col" className="count">{t("assessment.fixed")}</th>
              <PaceHeads />
            </tr>
          </thead>
          <tbody>{(all ? shares : shares.slice(0, FIRST)).map((one) => <ShareRow key={one.key} one={one} />)}</tbody>
        </table>
      </div>
      {!all && shares.length > FIRST && <Button block onClick={() => setAll(true)}>{t("assessment.show_all", { count: shares.length })}</Button>}
    </section>
  );
}
