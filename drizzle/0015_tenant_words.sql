DROP INDEX "app"."messages_search_vector_idx";--> statement-breakpoint
DROP INDEX "app"."products_search_vector_idx";--> statement-breakpoint
CREATE INDEX "messages_search_vector_idx" ON "app"."messages" USING gin (app.tenant_words("tenant_id", "search_vector"));--> statement-breakpoint
CREATE INDEX "products_search_vector_idx" ON "app"."products" USING gin (app.tenant_words("tenant_id", "search_vector"));