import { Button, Empty, Skeleton } from "antd";
import { useCallback, useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import type { CaseSummary } from "../../api/types";
import { useGround } from "../../api/useGround";
import { useTaxonomy } from "../../api/useTaxonomy";
import { useSpeech } from "../../i18n/language";
import { QueueRow } from "./QueueRow";

interface Props {
  cases: readonly CaseSummary[];
  loading: boolean;
  chosen: string | null;
  onChoose: (id: string) => void;
  onMore?: () => void;
}

export function QueueList({ cases, loading, chosen, onChoose, onMore }: Props) {
  const { t } = useSpeech();
  const { nameOf } = useTaxonomy();
  const { gridName } = useGround();
  const navigate = useNavigate();
  const open = useCallback((id: string) => void navigate(`/cases/${id}`), [navigate]);
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  if (loading) return <Skeleton active className="queue-wait" paragraph={{ rows: 8 }} />;
  if (cases.length === 0) return <Empty className="nothing" description={t("queue.empty")} />;
  return (
    <div className="queue-scroll">
      <div
        ref={list}
        role="listbox"
        aria-label={t("queue.title")}
        aria-activedescendant={chosen === null ? undefined : `case-${chosen}`}
        tabIndex={0}
        onKeyDown={(press) => {
          const by = press.key === "ArrowDown" ? 1 : press.key === "ArrowUp" ? -1 : 0;
          if (by === 0) return;
          press.preventDefault();
          const at = cases.findIndex(({ id }) => id === chosen);
          const next = cases[at < 0 ? 0 : at + by];
          if (next !== undefined) onChoose(next.id);
        }}
      >
        {cases.map((one) => (
          <QueueRow
            key={one.id} one={one} name={nameOf(one.category)} where={one.grid_id === null ? t("grid.none") : gridName(one.grid_id)}
            chosen={one.id === chosen} onChoose={onChoose} onOpen={open}
          />
        ))}
      </div>
      {onMore !== undefined && <Button block type="text" onClick={onMore}>{t("queue.more")}</Button>}
    </div>
  );
}
