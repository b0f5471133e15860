DROP INDEX "app"."messages_search_vector_idx";--> statement-breakpoint
DROP INDEX "app"."products_search_vector_idx";--> statement-breakpoint
DROP INDEX "app"."product_words_word_idx";--> statement-breakpoint
CREATE INDEX "messages_search_vector_idx" ON "app"."messages" USING gin (app.tenant_words("tenant_id", "search_vector")) WITH (gin_pending_list_limit=256);--> statement-breakpoint
CREATE INDEX "products_search_vector_idx" ON "app"."products" USING gin (app.tenant_words("tenant_id", "search_vector")) WITH (gin_pending_list_limit=256);--> statement-breakpoint
CREATE INDEX "product_words_word_idx" ON "app"."product_words" USING gin ("tenant_id","word" gin_trgm_ops) WITH (gin_pending_list_limit=256);