/** A small schema that keeps the contract. `@needs` stands for the access that a field declares. */
export const goodSchemaText = `
"""What a field needs."""
directive @needs("""The permission.""" access: String!) on FIELD_DEFINITION | OBJECT
"""Has an id."""
interface Node {
  """Its own."""
  id: ID!
}
"""Where a page stands."""
type PageInfo {
  """Is there more?"""
  hasNextPage: Boolean!
}
"""A moment."""
scalar DateTime
"""A number."""
scalar Decimal
"""An amount."""
type Money {
  """Exact."""
  amount: Decimal!
}
"""Is sold."""
type Product implements Node @needs(access: "products:read") {
  """Its own."""
  id: ID!
  """To find it by."""
  tags: [String!]!
  """What it costs."""
  price: Money!
  """When it was added."""
  createdAt: DateTime!
  """Who bought it first."""
  buyer: Customer @needs(access: "customers:read")
}
"""Buys."""
type Customer implements Node @needs(access: "customers:read") {
  """Their own."""
  id: ID!
}
"""A page."""
type ProductConnection {
  """With cursors."""
  edges: [ProductEdge!]!
  """Without."""
  nodes: [Product!]!
  """Where it stands."""
  pageInfo: PageInfo!
  """How many there are."""
  totalCount: Int
}
"""A row."""
type ProductEdge {
  """The row."""
  node: Product!
  """Its place."""
  cursor: String!
}
"""What to make."""
input ProductCreateInput {
  """Your own for it."""
  id: String
  """What to call it."""
  name: String!
  """Words."""
  tags: [String!]
}
"""The product or why not."""
type ProductCreatePayload {
  """The new one."""
  product: Product
  """Why not."""
  userErrors: [ProductUserError!]!
}
"""Why not."""
type ProductUserError {
  """Which input; null: no single one."""
  field: [String!]
  """For programs."""
  code: ProductErrorCode!
  """For people."""
  message: String!
}
"""All reasons."""
enum ProductErrorCode {
  """It is too long."""
  TOO_LONG
}
"""What can be read."""
type Query {
  """All of them."""
  products(
    """From the start."""
    first: Int
    """After this."""
    after: String
    """From the end."""
    last: Int
    """Before this."""
    before: String
  ): ProductConnection @needs(access: "products:read")
  """One of them."""
  customer("""Which.""" id: ID!): Customer @needs(access: "customers:read")
}
"""What can be changed."""
type Mutation {
  """Adds one."""
  productCreate("""What to make.""" input: ProductCreateInput!): ProductCreatePayload @needs(access: "products:write")
}
`;
