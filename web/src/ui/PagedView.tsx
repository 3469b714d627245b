import { Button } from "@mantine/core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { problemOf } from "~/api/errors";
import { ErrorState, NoRight, RowsSkeleton, StaleBanner } from "./states";

interface PagedViewProps<Page> {
  readonly query: UseInfiniteQueryResult<InfiniteData<Page>>;
  /** True when the answer holds nothing to show. */
  readonly isEmpty: boolean;
  readonly empty: ReactNode;
  readonly children: ReactNode;
}

/** Shows a list that is read page by page in whatever state it is, with a button for more. */
export function PagedView<Page>({ query, isEmpty, empty, children }: PagedViewProps<Page>) {
  const { t } = useTranslation();
  if (query.isPending) return <RowsSkeleton />;
  if (query.data === undefined) {
    if (problemOf(query.error).reason === "NO_PERMISSION") return <NoRight />;
    return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  }
  const offline = query.fetchStatus === "paused";
  // That the question before found nothing says nothing of this one.
  const nothing = query.isPlaceholderData ? <RowsSkeleton /> : empty;
  return (
    <>
      {query.isError || offline ? <StaleBanner since={query.dataUpdatedAt} offline={offline} /> : null}
      {isEmpty ? nothing : children}
      {query.hasNextPage ? (
        <Button mt="md" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t("action.more")}
        </Button>
      ) : null}
    </>
  );
}
