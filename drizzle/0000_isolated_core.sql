CREATE SCHEMA IF NOT EXISTS "app";
--> statement-breakpoint
CREATE TABLE "app"."api_keys" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"prefix" text NOT NULL,
	"secret_hash" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	CONSTRAINT "api_keys_pkey" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "api_keys_tenant_id_secret_hash_key" UNIQUE("tenant_id","secret_hash")
);
--> statement-breakpoint
CREATE TABLE "app"."audit_events" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"occurred_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" uuid,
	"actor_name" text NOT NULL,
	"action" text NOT NULL,
	"target_type" text NOT NULL,
	"target_id" uuid,
	"before" jsonb,
	"after" jsonb,
	"ip" text,
	"user_agent" text,
	"request_id" text NOT NULL,
	CONSTRAINT "audit_events_pkey" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "audit_events_actor_kind_known" CHECK ("app"."audit_events"."actor_kind" in ('USER','API_KEY','OPERATOR','SYSTEM'))
);
--> statement-breakpoint
CREATE TABLE "app"."canned_replies" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"shortcut" text NOT NULL,
	"body" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "canned_replies_pkey" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "canned_replies_tenant_id_shortcut_key" UNIQUE("tenant_id","shortcut")
);
--> statement-breakpoint
CREATE TABLE "app"."conversations" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"customer_id" uuid NOT NULL,
	"subject" text,
	"status" text DEFAULT 'OPEN' NOT NULL,
	"priority" text DEFAULT 'NORMAL' NOT NULL,
	"assignee_id" uuid,
	"labels" text[] DEFAULT '{}' NOT NULL,
	"snoozed_until" timestamp (3) with time zone,
	"unread_count" integer DEFAULT 0 NOT NULL,
	"waiting_since" timestamp (3) with time zone,
	"last_intent" text,
	"last_message_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_message_preview" text,
	"external_reference" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "conversations_pkey" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "conversations_tenant_id_external_reference_key" UNIQUE("tenant_id","external_reference"),
	CONSTRAINT "conversations_status_known" CHECK ("app"."conversations"."status" in ('OPEN','PENDING','SNOOZED','RESOLVED')),
	CONSTRAINT "conversations_priority_known" CHECK ("app"."conversations"."priority" in ('LOW','NORMAL','HIGH','URGENT')),
	CONSTRAINT "conversations_unread_not_negative" CHECK ("app"."conversations"."unread_count" >= 0)
);
--> statement-breakpoint
CREATE TABLE "app"."customers" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"phone" text NOT NULL,
	"name" text,
	"email" text,
	"locale" text,
	"labels" text[] DEFAULT '{}' NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"external_reference" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "customers_pkey" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "customers_tenant_id_phone_key" UNIQUE("tenant_id","phone"),
	CONSTRAINT "customers_tenant_id_external_reference_key" UNIQUE("tenant_id","external_reference"),
	CONSTRAINT "customers_phone_e164" CHECK ("app"."customers"."phone" ~ '^\+[1-9][0-9]{6,14}$')
);
--> statement-breakpoint
CREATE TABLE "app"."members" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"role" text NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "members_pkey" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "members_tenant_id_user_id_key" UNIQUE("tenant_id","user_id"),
	CONSTRAINT "members_role_known" CHECK ("app"."members"."role" in ('OWNER','ADMIN','MEMBER','VIEWER'))
);
--> statement-breakpoint
CREATE TABLE "app"."messages" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"direction" text NOT NULL,
	"body" text NOT NULL,
	"author_member_id" uuid,
	"author_customer_id" uuid,
	"author_api_key_id" uuid,
	"external_reference" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "messages_pkey" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "messages_tenant_id_external_reference_key" UNIQUE("tenant_id","external_reference"),
	CONSTRAINT "messages_direction_known" CHECK ("app"."messages"."direction" in ('INBOUND','OUTBOUND','INTERNAL')),
	CONSTRAINT "messages_one_author_at_most" CHECK (num_nonnulls("app"."messages"."author_member_id", "app"."messages"."author_customer_id", "app"."messages"."author_api_key_id") <= 1)
);
--> statement-breakpoint
CREATE TABLE "app"."plans" (
	"code" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"position" integer NOT NULL,
	"limits" jsonb NOT NULL,
	"features" text[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "app"."products" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"sku" text,
	"price_amount" numeric(19, 4) NOT NULL,
	"price_currency" text NOT NULL,
	"category" text,
	"condition" text DEFAULT 'NEW' NOT NULL,
	"location" text,
	"stock" integer,
	"status" text DEFAULT 'ACTIVE' NOT NULL,
	"tags" text[] DEFAULT '{}' NOT NULL,
	"images" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"options" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"variants" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"external_reference" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"name_key" text GENERATED ALWAYS AS (app.fold(name)) STORED,
	"search_text" text GENERATED ALWAYS AS (app.product_search_text(name, sku, category, tags)) STORED,
	"search_vector" "tsvector" GENERATED ALWAYS AS (app.product_search_vector(name, sku, category, tags, description)) STORED,
	CONSTRAINT "products_pkey" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "products_tenant_id_sku_key" UNIQUE("tenant_id","sku"),
	CONSTRAINT "products_tenant_id_external_reference_key" UNIQUE("tenant_id","external_reference"),
	CONSTRAINT "products_price_not_negative" CHECK ("app"."products"."price_amount" >= 0),
	CONSTRAINT "products_currency_shape" CHECK ("app"."products"."price_currency" ~ '^[A-Z]{3}$'),
	CONSTRAINT "products_condition_known" CHECK ("app"."products"."condition" in ('NEW','USED','REFURBISHED')),
	CONSTRAINT "products_status_known" CHECK ("app"."products"."status" in ('DRAFT','ACTIVE','ARCHIVED'))
);
--> statement-breakpoint
CREATE TABLE "app"."sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"ip" text,
	"user_agent" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "app"."tenant_routes" (
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"tenant_id" uuid NOT NULL,
	CONSTRAINT "tenant_routes_pkey" PRIMARY KEY("kind","key"),
	CONSTRAINT "tenant_routes_kind_known" CHECK ("app"."tenant_routes"."kind" in ('SLUG','DOMAIN','PHONE_NUMBER_ID','API_KEY'))
);
--> statement-breakpoint
CREATE TABLE "app"."tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"domain" text,
	"status" text DEFAULT 'TRIAL' NOT NULL,
	"plan" text NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenants_slug_key" UNIQUE("slug"),
	CONSTRAINT "tenants_domain_key" UNIQUE("domain"),
	CONSTRAINT "tenants_slug_shape" CHECK ("app"."tenants"."slug" ~ '^[a-z0-9](-?[a-z0-9])*$'),
	CONSTRAINT "tenants_status_known" CHECK ("app"."tenants"."status" in ('TRIAL','ACTIVE','SUSPENDED','DELETING'))
);
--> statement-breakpoint
CREATE TABLE "app"."tenant_settings" (
	"tenant_id" uuid NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"business" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"ai" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"branding" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"custom" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenant_settings_pkey" PRIMARY KEY("tenant_id")
);
--> statement-breakpoint
CREATE TABLE "app"."usage_counters" (
	"tenant_id" uuid NOT NULL,
	"meter" text NOT NULL,
	"day" date NOT NULL,
	"used" bigint NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "usage_counters_pkey" PRIMARY KEY("tenant_id","meter","day"),
	CONSTRAINT "usage_counters_not_negative" CHECK ("app"."usage_counters"."used" >= 0)
);
--> statement-breakpoint
CREATE TABLE "app"."users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"password_hash" text,
	"email_verified_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_email_key" UNIQUE("email"),
	CONSTRAINT "users_email_is_lower_case" CHECK ("app"."users"."email" = lower("app"."users"."email"))
);
--> statement-breakpoint
ALTER TABLE "app"."api_keys" ADD CONSTRAINT "api_keys_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."audit_events" ADD CONSTRAINT "audit_events_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."canned_replies" ADD CONSTRAINT "canned_replies_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."conversations" ADD CONSTRAINT "conversations_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."conversations" ADD CONSTRAINT "conversations_customer_id_fkey" FOREIGN KEY ("tenant_id","customer_id") REFERENCES "app"."customers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."conversations" ADD CONSTRAINT "conversations_assignee_id_fkey" FOREIGN KEY ("tenant_id","assignee_id") REFERENCES "app"."members"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."customers" ADD CONSTRAINT "customers_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."members" ADD CONSTRAINT "members_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."members" ADD CONSTRAINT "members_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."messages" ADD CONSTRAINT "messages_conversation_id_fkey" FOREIGN KEY ("tenant_id","conversation_id") REFERENCES "app"."conversations"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."messages" ADD CONSTRAINT "messages_author_member_id_fkey" FOREIGN KEY ("tenant_id","author_member_id") REFERENCES "app"."members"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."messages" ADD CONSTRAINT "messages_author_customer_id_fkey" FOREIGN KEY ("tenant_id","author_customer_id") REFERENCES "app"."customers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."messages" ADD CONSTRAINT "messages_author_api_key_id_fkey" FOREIGN KEY ("tenant_id","author_api_key_id") REFERENCES "app"."api_keys"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."products" ADD CONSTRAINT "products_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "app"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."tenant_routes" ADD CONSTRAINT "tenant_routes_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."tenants" ADD CONSTRAINT "tenants_plan_plans_code_fk" FOREIGN KEY ("plan") REFERENCES "app"."plans"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."tenant_settings" ADD CONSTRAINT "tenant_settings_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."usage_counters" ADD CONSTRAINT "usage_counters_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_tenant_id_created_at_id_idx" ON "app"."api_keys" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "audit_events_tenant_id_occurred_at_id_idx" ON "app"."audit_events" USING btree ("tenant_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "audit_events_tenant_id_target_id_occurred_at_id_idx" ON "app"."audit_events" USING btree ("tenant_id","target_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "conversations_tenant_id_last_message_at_id_idx" ON "app"."conversations" USING btree ("tenant_id","last_message_at","id");--> statement-breakpoint
CREATE INDEX "conversations_tenant_id_created_at_id_idx" ON "app"."conversations" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "conversations_tenant_id_status_last_message_at_id_idx" ON "app"."conversations" USING btree ("tenant_id","status","last_message_at","id");--> statement-breakpoint
CREATE INDEX "conversations_tenant_id_assignee_id_last_message_at_id_idx" ON "app"."conversations" USING btree ("tenant_id","assignee_id","last_message_at","id");--> statement-breakpoint
CREATE INDEX "conversations_tenant_id_customer_id_last_message_at_id_idx" ON "app"."conversations" USING btree ("tenant_id","customer_id","last_message_at","id");--> statement-breakpoint
CREATE INDEX "customers_tenant_id_created_at_id_idx" ON "app"."customers" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "members_user_id_idx" ON "app"."members" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "members_tenant_id_created_at_id_idx" ON "app"."members" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "messages_tenant_id_conversation_id_created_at_id_idx" ON "app"."messages" USING btree ("tenant_id","conversation_id","created_at","id");--> statement-breakpoint
CREATE INDEX "products_tenant_id_created_at_id_idx" ON "app"."products" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "products_tenant_id_updated_at_id_idx" ON "app"."products" USING btree ("tenant_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "products_tenant_id_name_key_id_idx" ON "app"."products" USING btree ("tenant_id","name_key","id");--> statement-breakpoint
CREATE INDEX "products_tenant_id_price_amount_id_idx" ON "app"."products" USING btree ("tenant_id","price_amount","id");--> statement-breakpoint
CREATE INDEX "products_tenant_id_category_idx" ON "app"."products" USING btree ("tenant_id","category");--> statement-breakpoint
CREATE INDEX "products_search_vector_idx" ON "app"."products" USING gin ("tenant_id","search_vector");--> statement-breakpoint
CREATE INDEX "products_search_text_idx" ON "app"."products" USING gin ("tenant_id","search_text" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "sessions_user_id_idx" ON "app"."sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "tenant_routes_tenant_id_idx" ON "app"."tenant_routes" USING btree ("tenant_id");